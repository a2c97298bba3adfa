using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Scenarios;

namespace Cluster.Cli.Commands;

/// <summary>A thousand random faults on a live cluster under load: what is lost, doubled or leaked. The reference is none.</summary>
internal static class BenchFaults
{
    private const int Faults = 1000;
    private const double TimeScale = 10;

    public static IReadOnlyList<BenchResult> Run(CancellationToken cancellation) => RunAsync(cancellation).GetAwaiter().GetResult();

    private static async Task<IReadOnlyList<BenchResult>> RunAsync(CancellationToken cancellation)
    {
        ScenarioOverride[] flags =
        [
            new("model", "llama-3.1-8b"), new("topology.prefill.instances", "2"), new("topology.prefill.gpu", "h100-sxm"),
            new("topology.decode.instances", "3"), new("topology.decode.gpu", "h100-sxm"), new("topology.link", "ib-ndr-400x1"),
            new("transfer.expiry", "2s"), new("workload.rate", "1/s"), new("workload.requests", "1"),
            new("workload.synthetic", "{ input: { mean: 100 }, output: { mean: 10 } }"),
        ];
        var variant = ScenarioFile.FromFlags(flags, CliCatalog.Load()).OrThrow().Variants[0];
        await using var cluster = await LiveCluster.StartAsync(variant.Cluster, new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = TimeScale }, cancellation);
        var result = await new FaultSoak(cluster, new SoakOptions(Faults, Seed: 1) { RestTimeout = TimeSpan.FromSeconds(60) }).RunAsync(cancellation);
        var note = result.Violations.Count == 0 ? "each request ended once, nothing is held" : string.Join("; ", result.Violations.Take(5));
        return
        [
            new BenchResult("faults injected under load", result.Faults, ""),
            new BenchResult("requests", result.Requests, "") { Note = $"{result.Completed} completed, {result.Failed} failed with a reason, {result.Aborted} aborted, {result.Rejected} rejected" },
            new BenchResult("tokens", result.Tokens, ""),
            new BenchResult("lost, doubled or leaked", result.Violations.Count, "", 0) { Note = note },
        ];
    }
}
