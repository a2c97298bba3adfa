using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Validation;

/// <summary>
/// Runs one point through the engine in virtual time as load generators do: after a warm-up that is not counted, a closed
/// loop starts with all clients at once and sends ten requests per client, lengths as they were drawn (see <see cref="MeasuredPoint.LengthShares"/>); all of them count.
/// </summary>
/// <remarks>
/// The warm-up leaves the engine idle and nothing in its cache, so virtual time starts behind it. The first wave of the
/// loop, where all prompts arrive together, belongs to the measurement: without it predicted TTFT falls to 0.6–0.7 of
/// measured over whole groups whose TPOT stays right.
/// </remarks>
public static class PointRun
{
    private const int RequestsPerClient = 10;

    /// <param name="steadyOnly">Leaves out the first request of each client.</param>
    /// <returns>Mean TTFT and TPOT in milliseconds.</returns>
    public static (double TtftMs, double TpotMs) Predict(MeasuredPoint point, ClusterSpec cluster, bool steadyOnly = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(point);
        var total = point.Concurrency * RequestsPerClient;
        var chunk = cluster.Instances[^1].Deployment.Engine.StreamInterval;
        var clock = chunk > 1 ? new ChunkClock(cluster.Instances.Length, chunk) : null;
        var record = ClusterSimulation.Run(cluster, new Workload.ClosedLoop(point.Concurrency, Requests(point, total)), clock, cancellation);
        var steady = record.Requests.Where(r => r.Outcome == RequestOutcome.Completed && (!steadyOnly || r.Id >= point.Concurrency)).ToList();
        if (steady.Count == 0) throw new ArgumentException("no request completed: the KV cache cannot hold one of them");
        var seen = steady.ConvertAll(r => (TtftNs: clock?.SeenTtftNs(r) ?? r.TtftNs, r.E2eNs, r.OutputTokens));
        return (seen.Average(r => r.TtftNs) / 1e6, seen.Average(r => r.OutputTokens <= 1 ? 0 : (r.E2eNs - r.TtftNs) / (r.OutputTokens - 1.0)) / 1e6);
    }

    private static IEnumerable<RequestSpec> Requests(MeasuredPoint point, int count)
    {
        var random = new RandomStream(1, "validation-lengths");
        for (var i = 0; i < count; i++)
        {
            var input = Draw(random, point.InputTokens, point.LengthShares);
            var output = Draw(random, point.OutputTokens, point.LengthShares);
            yield return new RequestSpec(i, 0, input, output, TokenContent.Unique((ulong)i + 1, input + output));
        }
    }

    private static int Draw(RandomStream random, int nominal, (double Least, double Most) shares) =>
        Math.Max(1, (int)Math.Round(nominal * (shares.Least + ((shares.Most - shares.Least) * random.NextDouble()))));
}
