using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Testing;

/// <summary>A cost model whose answers can be worked out by hand: a fixed part, a part per token, a part per token of context.</summary>
internal sealed class LinearCost(double stepMs = 5, double prefillTokenMs = 0.05, double contextTokenUs = 0.01, int boundedContext = int.MaxValue) : IStepCostModel
{
    public int BoundedContextTokens => boundedContext;

    public StepCost Evaluate(in StepShape shape)
    {
        var compute = shape.PrefillTokens * prefillTokenMs / 1e3;
        var bandwidth = stepMs / 1e3 + shape.DecodeContextTokens * contextTokenUs / 1e6;
        return new StepCost(compute + bandwidth, compute, bandwidth, 0, 0, 0, 0, 0, false);
    }
}

/// <summary>Small clusters for tests.</summary>
internal static class Clusters
{
    public static LinkProfile Link { get; } = new("test-link", 50e9, 1e-3, 0.9, 1e6, "a test's");

    public static InstanceSpec Instance(
        string name = "aggregated-0", InstanceRole role = InstanceRole.Aggregated, long blocks = 10_000, int blockSize = 16,
        int maxNumSeqs = 256, int maxNumBatchedTokens = 2048, string scheduler = "vllm", bool prefixCaching = true, IStepCostModel? cost = null, long modelLoadNs = 0)
    {
        return Resizable(new InstanceSpec(
            name, name.Split('-')[0], role, Catalogue.TinyDeployment,
            new SchedulerSpec(scheduler, maxNumSeqs, maxNumBatchedTokens),
            new KvCacheSpec(blockSize, blocks) { EnablePrefixCaching = prefixCaching },
            cost ?? new LinearCost(),
            new MemoryPlan(80e9, 72e9, 16e9, 1e9, 1e9, 131_072, 0, 131_072, 1))
        {
            ModelLoadNs = modelLoadNs,
        });
    }

    /// <summary>On n ranks it has n times the blocks; steps take as long.</summary>
    private static InstanceSpec Resizable(InstanceSpec one) => one with
    {
        Reshape = ranks =>
        {
            var deployment = one.Deployment with { Parallelism = ranks };
            var reasons = DeploymentRules.CheckFit(deployment, one.Scheduler, 0.9);
            return reasons.Count > 0
                ? new Reshaped(null, [.. reasons])
                : new Reshaped(one with { Deployment = deployment, Kv = one.Kv with { TotalBlocks = one.Kv.TotalBlocks * ranks.Gpus } }, []);
        },
    };

    public static ClusterSpec Aggregated(int instances, Func<int, InstanceSpec>? make = null, RouterSpec? router = null) => new(
        $"{instances} aggregated", [.. Enumerable.Range(0, instances).Select(i => make?.Invoke(i) ?? Instance($"aggregated-{i}"))],
        null, new TransferSpec(), router ?? new RouterSpec("round-robin"), new SloSpec(Time.Second, 50 * Time.Millisecond), Seed: 1);

    public static ClusterSpec Disaggregated(
        int prefill, int decode, Func<string, InstanceRole, InstanceSpec>? make = null, RouterSpec? router = null, TransferSpec? transfer = null)
    {
        make ??= (name, role) => Instance(name, role);
        return new ClusterSpec(
            $"{prefill}P{decode}D",
            [
                .. Enumerable.Range(0, prefill).Select(i => make($"prefill-{i}", InstanceRole.Prefill)),
                .. Enumerable.Range(0, decode).Select(i => make($"decode-{i}", InstanceRole.Decode)),
            ],
            Link, transfer ?? new TransferSpec(), router ?? new RouterSpec("round-robin"), new SloSpec(Time.Second, 50 * Time.Millisecond), Seed: 1);
    }

    public static RequestSpec Request(long id, int input = 100, int output = 10, long arrivalNs = 0, TokenContent? content = null) =>
        new(id, arrivalNs, input, output, content ?? TokenContent.Unique((ulong)id + 1_000_000, input + output));

    /// <summary>Poisson arrivals of equal requests.</summary>
    public static IEnumerable<RequestSpec> Poisson(int count, double ratePerSecond, int input, int output, ulong seed = 7)
    {
        var random = new RandomStream(seed, "arrivals");
        double seconds = 0;
        for (var i = 0; i < count; i++)
        {
            seconds += random.NextExponential(1 / ratePerSecond);
            yield return Request(i, input, output, Time.FromSeconds(seconds));
        }
    }
}

internal static class Catalogue
{
    public static Deployment TinyDeployment { get; } = new(
        TestHardware.Dense(), TestHardware.Gpu(), new Parallelism(), NumberFormat.Bf16, NumberFormat.Bf16)
    { Engine = TestHardware.Engine() };
}
