using Cluster.Engine.Transfer;
using Cluster.Grains.Messages;
using Cluster.Grains.Timing;
using Cluster.ServiceDefaults.Tracing;

namespace Cluster.Grains;

/// <summary>Adds each KV transfer to the trace of its request, from where the links are.</summary>
internal sealed class LinkSpans(EmulatedClock clock)
{
    private readonly Dictionary<long, string> _traces = [];

    /// <summary>A transfer will begin whose request's trace is kept.</summary>
    public void Expect(KvReserved news)
    {
        if (news.Trace is { } trace) _traces[news.RequestId] = trace;
    }

    /// <summary>Adds those that have ended, and forgets those that never will.</summary>
    public void Publish(HandOverDesk desk, List<string> names)
    {
        if (_traces.Count == 0) return;
        foreach (var effect in desk.Effects)
        {
            if (effect.Kind is not (DeskEffectKind.Arrived or DeskEffectKind.Expired) || !_traces.Remove(effect.RequestId, out var trace)) continue;
            RequestTracing.HopPassed(
                "kv_transfer", trace, clock.ToUtc(effect.AtNs - effect.DurationNs), clock.ToUtc(effect.AtNs), effect.DurationNs, null,
                new("xpyd.link.source", names[effect.Source]), new("xpyd.link.destination", names[effect.Destination]),
                new("xpyd.link.bytes", (long)effect.Bytes), new("xpyd.link.arrived", effect.Kind == DeskEffectKind.Arrived));
        }

        // Cancelled and lost hand-overs have no effect of their own.
        if (desk.Open == 0) _traces.Clear();
    }
}
