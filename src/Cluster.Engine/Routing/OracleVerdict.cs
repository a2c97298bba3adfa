using System.Collections.Immutable;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Routing;

/// <summary>What a request would wait for on one instance, by that instance's true state.</summary>
/// <param name="PrefillNs">Until its prompt is computed there.</param>
/// <param name="DecodeNs">Between the end of its prefill elsewhere and its KV there.</param>
public readonly record struct OracleEstimate(long PrefillNs, long DecodeNs);

/// <summary>What an oracle says of a placement.</summary>
/// <param name="RegretNs">TTFT of the placement less that of the best one, nanoseconds; at least 0.</param>
/// <param name="PrefillInstance">Where the oracle would have computed the prompt.</param>
/// <param name="DecodeInstance">Where it would have decoded.</param>
public readonly record struct OracleVerdict(long RegretNs, int PrefillInstance, int DecodeInstance)
{
    /// <summary>Holds a placement against the best one that the estimates allow.</summary>
    /// <param name="instances">Those that the router chooses among.</param>
    /// <param name="estimates">In the same order; null for one that cannot take the request.</param>
    /// <returns>Null when there is no estimate of the placement itself.</returns>
    public static OracleVerdict? Of(RoutingDecision decision, ImmutableArray<InstanceSpec> instances, IReadOnlyList<OracleEstimate?> estimates, TransferSpec transfer)
    {
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(estimates);
        if (estimates[decision.PrefillInstance] is not { } prefill || estimates[decision.DecodeInstance] is not { } decode) return null;
        var chosenNs = prefill.PrefillNs + (decision.IsLocal ? 0 : decode.DecodeNs);
        var partner = -1;
        for (var i = 0; i < estimates.Count; i++)
            if (instances[i].Role == InstanceRole.Decode && estimates[i] is { } e && (partner < 0 || e.DecodeNs < estimates[partner]!.Value.DecodeNs)) partner = i;
        // A prefix that is copied first can make the placement better than any that is weighed here.
        var best = new OracleVerdict(0, decision.PrefillInstance, decision.DecodeInstance);
        for (var i = 0; i < estimates.Count; i++)
        {
            if (estimates[i] is not { } e || !ComputesPrompts(instances[i], transfer)) continue;
            var handsOn = instances[i].Role == InstanceRole.Prefill;
            if (handsOn && partner < 0) continue;
            var ns = e.PrefillNs + (handsOn ? estimates[partner]!.Value.DecodeNs : 0);
            if (chosenNs - ns > best.RegretNs) best = new OracleVerdict(chosenNs - ns, i, handsOn ? partner : i);
        }

        return best;
    }

    /// <summary>A decode instance computes prompts only where disaggregation is conditional.</summary>
    internal static bool ComputesPrompts(InstanceSpec instance, TransferSpec transfer) => instance.Role != InstanceRole.Decode || transfer.Conditional is not null;
}
