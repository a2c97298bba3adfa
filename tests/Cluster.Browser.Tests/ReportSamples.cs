using Cluster.Report;

namespace Cluster.Browser.Tests;

/// <summary>Models that look like those of real runs, and those of runs that went wrong.</summary>
internal static class ReportSamples
{
    public static ReportModel Compared => new("quickstart", "virtual time", "2P2D wins: goodput 3.91 against 2.75 req/s (+42 %); TTFT p90 412 against 655 ms, TPOT p99 31.2 against 88.0 ms.",
        [Variant("2P2D", disaggregated: true), Variant("aggregated", disaggregated: false)])
    {
        SloTtftMs = 500,
        SloTpotMs = 50,
        RanAt = DateTimeOffset.UnixEpoch,
        Candidates = [new("1P3D", 38, 96), new("3P1D", 20, 118), new("TP8", 55, 40), new("TP2", 30, 70)],
    };

    public static ReportModel Empty => new("quickstart", "live", "Nothing ran.", []) { Notice = "The run was aborted before the cluster was ready (interrupted)." };

    public static ReportModel NothingCompleted => new("overload \"<b>&</script>", "live", "2P2D completed no request.",
        [new ReportVariant("2P2D", 16, 3) { Disaggregated = true, Requests = [new RequestRow(false, double.NaN, double.NaN, double.NaN, 0, null)] }])
    { Notice = "The run was aborted after 3 s: 1 of 400 requests had ended." };

    private static ReportVariant Variant(string name, bool disaggregated)
    {
        var random = new Random(disaggregated ? 1 : 2);
        var roles = disaggregated ? new[] { "prefill", "decode" } : ["aggregated"];
        var instances = disaggregated ? new[] { "prefill-0", "prefill-1", "decode-0", "decode-1" } : ["agg-0", "agg-1", "agg-2", "agg-3"];
        return new ReportVariant(name, 16, 102)
        {
            Disaggregated = disaggregated,
            Requests = [.. Enumerable.Range(0, 400).Select(i => Request(i, disaggregated, random))],
            ItlCdf = [.. Enumerable.Range(1, 100).Select(i => (15 + (disaggregated ? 0.2 : 0.9) * i + (i > 95 ? i : 0), i / 100.0))],
            GoodputRps = disaggregated ? 3.91 : 2.75,
            OutputTokensPerS = disaggregated ? 1_523 : 1_310,
            PrefixHitRate = 0.314,
            CostPerMillionTokens = disaggregated ? 8.1 : 9.4,
            Walls = new Dictionary<string, string> { ["prefill"] = "compute", ["decode"] = disaggregated ? "bandwidth" : "contention" },
            Roofs = [new Roof("h100-sxm fp8", 1.979e15, 3.35e12)],
            Steps = [.. Enumerable.Range(0, 3_000).Select(i => Step(roles[i % roles.Length], instances[i % instances.Length], random))],
            Occupancy = [.. instances.Select((n, i) => new TimeSeries(n, [.. Enumerable.Range(0, 500).Select(t => (t / 5.0, Math.Clamp(0.4 + 0.1 * i + 0.25 * Math.Sin(t / 40.0 + i) + 0.05 * random.NextDouble(), 0, 1)))]))],
            Links = disaggregated ? [.. Enumerable.Range(0, 2).Select(l => new TimeSeries($"prefill-{l}.nic", [.. Enumerable.Range(0, 500).Select(t => (t / 5.0, random.NextDouble() < 0.3 ? 0.9 * random.NextDouble() : 0))]))] : [],
        };
    }

    private static RequestRow Request(int i, bool disaggregated, Random random)
    {
        var queue = -Math.Log(1 - random.NextDouble()) * (disaggregated ? 60 : 150);
        double[] hops = disaggregated ? [1.2, 0.2, queue, 120 + 80 * random.NextDouble(), 0.6, 8 + 4 * random.NextDouble(), 12 * random.NextDouble()] : [1.2, 0.2, queue, 160 + 150 * random.NextDouble(), 0, 0, 0];
        var (ttft, tpot) = (hops.Sum(), (disaggregated ? 22 : 28) + (disaggregated ? 6 : 40) * Math.Pow(random.NextDouble(), 3));
        return new RequestRow(i % 97 != 0, ttft, tpot, ttft + tpot * 199, 200, hops);
    }

    private static StepRow Step(string role, string instance, Random random)
    {
        var prefill = role == "prefill" || (role == "aggregated" && random.NextDouble() < 0.3);
        var tokens = prefill ? 1 + 8_191 * random.NextDouble() : 1 + 120 * random.NextDouble();
        var (flops, bytes) = (tokens * 2 * 17.5e9, 17.6e9 + tokens * (prefill ? 2e5 : 8e7));
        var seconds = Math.Max(flops / 1.979e15 / 0.52, bytes / 3.35e12 / 0.68) + 0.004;
        return new StepRow(role, instance, seconds * 1e3, flops, bytes, (long)tokens, prefill ? "compute" : "bandwidth");
    }
}
