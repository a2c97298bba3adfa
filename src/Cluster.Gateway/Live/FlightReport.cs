using Cluster.Engine.Requests;
using Cluster.Gateway.Responses;
using Cluster.Grains.Messages;
using Cluster.Grains.Timing;
using Cluster.ServiceDefaults.Recording;
using Cluster.ServiceDefaults.Tracing;

namespace Cluster.Gateway.Live;

/// <summary>Tells metrics and traces how a request fared, once, when it has ended.</summary>
internal static class FlightReport
{
    /// <param name="end">What its last instance knew; null when it ended elsewhere.</param>
    public static void Of(Flight flight, EmulatedClock clock, Action<RequestObservation>? observer, RequestOutcome outcome, RequestEnd? end)
    {
        var ns = end?.HopsNs ?? [];
        var hops = ns.Length < TtftHops.Names.Count ? default : new TtftHops(ns[0], ns[1], ns[2], ns[3], ns[4], ns[5], ns[6]);
        var spec = flight.Request.Spec;
        var completed = outcome == RequestOutcome.Completed;
        var e2eNs = clock.NowNs - flight.ArrivedNs;
        var tpotNs = completed && spec.OutputTokens > 1 ? (e2eNs - hops.TotalNs) / (double)(spec.OutputTokens - 1) : double.NaN;
        var observed = new RequestObservation(
            outcome, completed ? hops.TotalNs : -1, tpotNs, e2eNs, hops, spec.InputTokens, end?.CachedTokens ?? 0, flight.Visible);
        observer?.Invoke(observed);
        RequestTracing.HopPassed(
            "tokenize", RequestTracing.ContextOf(flight.Span), clock.ToUtc(flight.ArrivedNs), clock.ToUtc(flight.TokenizedNs), flight.TokenizedNs - flight.ArrivedNs, null);
        RequestTracing.Finish(flight.Span, in observed, completed ? StreamingResponder.Word(flight.Request.EndsWith) : null, end?.Error);
    }
}
