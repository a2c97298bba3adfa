using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Gateway.Live;

/// <summary>The requests that ended within the last seconds, and how clients fared with them. Thread-safe.</summary>
internal sealed class RecentRequests(SloSpec slo, long windowNs)
{
    private readonly Queue<(long AtNs, RequestObservation Request)> _recent = new();
    private readonly Lock _gate = new();
    private long _completed;
    private long _failed;

    public void Add(long nowNs, RequestObservation request)
    {
        lock (_gate)
        {
            if (request.Outcome == RequestOutcome.Completed) _completed++;
            else if (request.Outcome != RequestOutcome.Aborted) _failed++;
            _recent.Enqueue((nowNs, request));
            Forget(nowNs);
        }
    }

    /// <summary>Traffic over the window, and the mean of each hop.</summary>
    public (Console.TrafficView Traffic, Dictionary<string, double> HopsMs, Dictionary<string, double> HopsP99Ms) View(long nowNs, int inFlight)
    {
        List<RequestObservation> done;
        long completed, failed;
        lock (_gate)
        {
            Forget(nowNs);
            done = [.. _recent.Select(r => r.Request).Where(r => r.Outcome == RequestOutcome.Completed).OrderBy(r => r.TtftNs)];
            (completed, failed) = (_completed, _failed);
        }

        var seconds = Math.Max(1e-3, Math.Min(nowNs, windowNs) / 1e9);
        var tpot = done.Where(r => !double.IsNaN(r.TpotNs)).Select(r => r.TpotNs / 1e6).Order().ToList();
        var traffic = new Console.TrafficView
        {
            InFlight = inFlight,
            Completed = completed,
            Failed = failed,
            RequestsPerS = done.Count / seconds,
            GoodputRps = done.Count(r => slo.IsMetBy(r.TtftNs, double.IsNaN(r.TpotNs) ? 0 : r.TpotNs, r.E2eNs)) / seconds,
            OutputTokensPerS = done.Sum(r => (long)r.OutputTokens) / seconds,
            TtftP50Ms = At(done.ConvertAll(r => r.TtftNs / 1e6), 0.5),
            TtftP99Ms = At(done.ConvertAll(r => r.TtftNs / 1e6), 0.99),
            TpotP50Ms = At(tpot, 0.5),
            TpotP99Ms = At(tpot, 0.99),
            SloTtftMs = slo.TtftNs / 1e6,
            SloTpotMs = slo.TpotNs / 1e6,
        };
        return (traffic, Hops(done), Hops(done[(int)(0.98 * done.Count)..]));
    }

    private static double? At(List<double> sorted, double quantile) => sorted.Count == 0 ? null : sorted[(int)(quantile * (sorted.Count - 1))];

    private static Dictionary<string, double> Hops(List<RequestObservation> requests)
    {
        var hops = new Dictionary<string, double>();
        for (var hop = 0; hop < TtftHops.Names.Count && requests.Count > 0; hop++)
        {
            var at = hop;
            hops[TtftHops.Names[hop]] = requests.Average(r => r.Hops[at] / 1e6);
        }

        return hops;
    }

    private void Forget(long nowNs)
    {
        while (_recent.TryPeek(out var oldest) && oldest.AtNs < nowNs - windowNs) _recent.Dequeue();
    }
}
