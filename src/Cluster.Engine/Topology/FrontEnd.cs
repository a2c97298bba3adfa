using Cluster.Engine.Hardware;
using Cluster.Engine.Units;

namespace Cluster.Engine.Topology;

/// <summary>Emulated time that a request spends in serving engines' front ends, HTTP and tokenising, before it is routed: the <c>tokenize</c> hop.</summary>
/// <param name="RequestNs">Whatever its length. See <see cref="EngineProfile.RequestHostSeconds"/>.</param>
/// <param name="TokenNs">Per prompt token, in nanoseconds.</param>
public sealed record FrontEnd(long RequestNs, double TokenNs)
{
    /// <summary>Takes no time.</summary>
    public static FrontEnd None { get; } = new(0, 0);

    /// <summary>Of a request with this long a prompt, in nanoseconds.</summary>
    public long DurationNs(int inputTokens) => RequestNs + (long)(inputTokens * TokenNs);

    /// <summary>What these instances' engines take: under P/D a request passes two servers, each with a front end of its own. Of different engines in one place, the slowest counts.</summary>
    public static FrontEnd Of(IReadOnlyCollection<InstanceSpec> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        var prefill = Slowest(instances.Where(i => i.Role == InstanceRole.Prefill));
        var rest = Slowest(instances.Where(i => i.Role != InstanceRole.Prefill));
        return new FrontEnd(prefill.RequestNs + rest.RequestNs, prefill.TokenNs + rest.TokenNs);
    }

    private static FrontEnd Slowest(IEnumerable<InstanceSpec> servers)
    {
        var slowest = None;
        foreach (var engine in servers.Select(i => i.Deployment.Engine))
        {
            slowest = new FrontEnd(
                Math.Max(slowest.RequestNs, Time.FromSeconds(engine.RequestHostSeconds)),
                Math.Max(slowest.TokenNs, engine.RequestTokenHostSeconds * Time.Second));
        }

        return slowest;
    }
}
