using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Validation;

/// <summary>Runs one point through the engine in virtual time: closed loop, lengths 0.8–1.0 × nominal, warm-up dropped.</summary>
public static class PointRun
{
    private const int LeastMeasured = 16;

    /// <returns>Mean TTFT and TPOT in milliseconds over the requests that started after the first round and ended before the last.</returns>
    public static (double TtftMs, double TpotMs) Predict(MeasuredPoint point, ClusterSpec cluster, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(point);
        var measured = Math.Max(LeastMeasured, point.Concurrency);
        var total = point.Concurrency + measured + (point.Concurrency / 2);
        var record = ClusterSimulation.Run(cluster, new Workload.ClosedLoop(point.Concurrency, Requests(point, total)), null, cancellation);
        var steady = record.Requests.Where(r => r.Outcome == RequestOutcome.Completed && r.Id >= point.Concurrency && r.Id < point.Concurrency + measured).ToList();
        if (steady.Count == 0) throw new ArgumentException("no request completed: the KV cache cannot hold one of them");
        return (steady.Average(r => r.TtftNs) / 1e6, steady.Average(r => r.TpotNs) / 1e6);
    }

    private static IEnumerable<RequestSpec> Requests(MeasuredPoint point, int count)
    {
        var random = new RandomStream(1, "validation-lengths");
        for (var i = 0; i < count; i++)
        {
            var input = Draw(random, point.InputTokens);
            var output = Draw(random, point.OutputTokens);
            yield return new RequestSpec(i, 0, input, output, TokenContent.Unique((ulong)i + 1, input + output));
        }
    }

    private static int Draw(RandomStream random, int nominal) => Math.Max(1, (int)Math.Round(nominal * (0.8 + (0.2 * random.NextDouble()))));
}
