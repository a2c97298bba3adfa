using System.Globalization;
using Cluster.Cli.Live;
using Cluster.Scenarios;
using Cluster.Simulator;
using Cluster.Simulator.Reporting;

namespace Cluster.Cli.Commands;

/// <summary>
/// The same requests on the same cluster, live and in virtual time: how far the means of TTFT and TPOT are apart. The aim is
/// 2 % where the host keeps up; in slow motion it weighs the less what HTTP and the host add on the wall clock.
/// </summary>
internal static class BenchParity
{
    private static readonly (string Name, ScenarioOverride[] Topology)[] s_shapes =
    [
        ("2P2D", [
            new("topology.prefill.instances", "2"), new("topology.prefill.gpu", "h100-sxm"), new("topology.prefill.tp", "4"),
            new("topology.decode.instances", "2"), new("topology.decode.gpu", "h100-sxm"), new("topology.decode.tp", "4"),
            new("topology.link", "ib-ndr-400x4"),
        ]),
        ("4 aggregated", [
            new("topology.aggregated.instances", "4"), new("topology.aggregated.gpu", "h100-sxm"), new("topology.aggregated.tp", "4"),
        ]),
    ];

    public static IReadOnlyList<BenchResult> Run(CancellationToken cancellation) => RunAsync(cancellation).GetAwaiter().GetResult();

    private static async Task<IReadOnlyList<BenchResult>> RunAsync(CancellationToken cancellation)
    {
        var results = new List<BenchResult>();
        // Code that runs for the first time is compiled while its request waits.
        await LiveAsync([.. s_shapes[0].Topology, .. Common(1), new("workload.requests", "20"), new("workload.rate", "20/s")], cancellation);
        foreach (var (name, topology) in s_shapes)
            foreach (var scale in new[] { 1, 0.25 })
                results.AddRange(await CompareAsync(name, [.. topology, .. Common(scale)], scale, cancellation));
        return results;
    }

    private static IEnumerable<ScenarioOverride> Common(double scale) =>
    [
        new("model", "llama-3.1-70b"), new("weights", "fp8"), new("kv", "fp8"), new("router.policy", "kv-aware"),
        new("workload.rate", "8/s"), new("workload.requests", "80"),
        new("workload.synthetic", "{ input: { mean: 1000, cv: 0.5 }, output: { mean: 100, cv: 0.3 } }"),
        new("time.scale", scale.ToString(CultureInfo.InvariantCulture)), new("time.compute", "modeled"),
    ];

    private static async Task<IReadOnlyList<BenchResult>> CompareAsync(string name, ScenarioOverride[] flags, double scale, CancellationToken cancellation)
    {
        var live = await LiveAsync(flags, cancellation);
        // Read again: a workload is drawn once.
        var variant = ScenarioFile.FromFlags(flags, CliCatalog.Load()).OrThrow().Variants[0];
        var simulated = VariantReport.Of(ClusterSimulation.Run(variant.Cluster, variant.Workload, null, cancellation));
        var what = string.Create(CultureInfo.InvariantCulture, $"{name}, scale {scale}");
        var outcome = $"{live.Completed} of {live.Requests} live, {simulated.Completed} of {simulated.Requests} virtual completed";
        return
        [
            Compare($"{what}: mean TTFT", live.TtftMs.Mean, simulated.TtftMs.Mean, $"virtual; aim within 2 %; {outcome}"),
            Compare($"{what}: mean TTFT, HTTP aside", live.TtftMs.Mean - live.TtftHopsMs.GetValueOrDefault("http"), simulated.TtftMs.Mean, "virtual, which has no HTTP"),
            Compare($"{what}: mean TPOT", live.TpotMs.Mean, simulated.TpotMs.Mean, "virtual; aim within 2 %"),
            Compare($"{what}: p99 TTFT", live.TtftMs.P99, simulated.TtftMs.P99, "virtual"),
            Compare($"{what}: output tokens/s", live.OutputTokensPerS, simulated.OutputTokensPerS, "virtual", "/s"),
        ];
    }

    private static async Task<VariantReport> LiveAsync(ScenarioOverride[] flags, CancellationToken cancellation) =>
        (await LiveRun.RunAsync(ScenarioFile.FromFlags(flags, CliCatalog.Load()).OrThrow().Variants[0], null, null, null, null, cancellation)).Report;

    /// <summary>Neither is better: the ratio is to be 1.</summary>
    private static BenchResult Compare(string name, double live, double simulated, string note, string unit = "ms") =>
        new(name, live, unit, simulated, live / simulated) { Note = note };
}
