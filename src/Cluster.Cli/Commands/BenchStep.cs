using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Cli.Commands;

/// <summary>What a step costs the emulator itself: CPU time of the whole process, user and system, per step of 128 sequences, without matmul.</summary>
internal static class BenchStep
{
    private const int Batch = 128;
    private const double AimMicroseconds = 50;
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(4);

    public static IReadOnlyList<BenchResult> Run(CancellationToken cancellation) => RunAsync(cancellation).GetAwaiter().GetResult();

    private static async Task<IReadOnlyList<BenchResult>> RunAsync(CancellationToken cancellation)
    {
        // The first cluster of a process runs code that is still being compiled, for longer than it shows: it is not measured.
        await using (await BenchedCluster.StartAsync(64, Batch, ComputeMode.Modeled, cancellation)) await BenchedCluster.WarmUpAsync(cancellation);
        var (few, ofFew) = await RunAtAsync(16, cancellation);
        var (many, ofMany) = await RunAtAsync(64, cancellation);
        // What a process does beside its steps, its runtime's own timers above all, is in both clusters: what one has more of it is steps.
        var further = (many.CpuUs - few.CpuUs) / Math.Max(1, many.Steps - few.Steps);
        return
        [
            .. ofFew, .. ofMany,
            BenchResult.LowerIsBetter("each further step, from 16 to 64 instances: CPU besides matmul", further, "µs", AimMicroseconds, "aim; what the process does beside steps, and waking for one step alone, are in the rows above"),
        ];
    }

    private static async Task<((double CpuUs, long Steps) Cost, IReadOnlyList<BenchResult> Results)> RunAtAsync(int instances, CancellationToken cancellation)
    {
        // Modeled: the same loop, grains, messages and metrics, and no matmul that would have to be taken off again.
        await using var cluster = await BenchedCluster.StartAsync(instances, Batch, ComputeMode.Modeled, cancellation);
        await BenchedCluster.WarmUpAsync(cancellation);
        cluster.Gauge.Restart();
        var (tokens, messages) = cluster.Received;
        var allocated = GC.GetTotalAllocatedBytes();
        var cpu = await BenchedCluster.CpuOfAsync(s_length, cancellation);
        var steps = Math.Max(1, cluster.Gauge.Steps);
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        (tokens, messages) = (cluster.Received.Tokens - tokens, cluster.Received.Messages - messages);
        var name = $"a step, {instances} instances";
        return ((cpu.TotalMicroseconds, steps),
        [
            BenchResult.LowerIsBetter($"{name}: CPU besides matmul", cpu.TotalMicroseconds / steps, "µs", AimMicroseconds, $"aim, at batch {cluster.Gauge.MeanBatch:F0}; {steps / s_length.TotalSeconds:F0} steps/s"),
            new BenchResult($"{name}: messages to the gateway", messages / (double)steps, "", 1) { Note = $"aim; {tokens / (double)Math.Max(1, messages):F0} tokens each" },
            new BenchResult($"{name}: allocated", allocated / (double)steps / 1024, "KiB"),
            new BenchResult($"{name}: step lateness p99", cluster.Gauge.Lateness.QuantileNs(0.99) / Time.Millisecond, "ms"),
        ]);
    }
}
