using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Testing;

namespace Cluster.Scenarios.Tests;

/// <summary>Two models, two GPUs, one link, and a memory plan simple enough to check by hand.</summary>
internal static class TestCatalog
{
    public static ScenarioCatalog Instance { get; } = new(
        new Dictionary<string, ModelArchitecture>
        {
            ["llama-3.1-8b"] = TestHardware.Dense("llama-3.1-8b", 32, 4096, 32, 8, 128, 14336, 128256),
            ["llama-3.1-70b"] = TestHardware.Dense("llama-3.1-70b", 80, 8192, 64, 8, 128, 28672, 128256),
        },
        new Dictionary<string, GpuProfile>
        {
            ["h100-sxm"] = TestHardware.Gpu("h100-sxm", 80e9, 3.35e12, 1),
            ["a100-80gb"] = TestHardware.Gpu("a100-80gb", 80e9, 2e12, 1),
        },
        new Dictionary<string, LinkProfile> { ["ib-ndr-400x4"] = new("ib-ndr-400x4", 200e9, 1e-3, 0.7, 1e6, "test") },
        new Dictionary<string, EngineProfile> { ["vllm"] = TestHardware.Engine(), ["sglang"] = TestHardware.Engine("sglang"), ["trtllm"] = TestHardware.Engine("trtllm") },
        Price);

    private static DeploymentPrice Price(Deployment d, string engine, EngineLimits limits)
    {
        var parameters = d.Model.Name == "llama-3.1-70b" ? 70e9 : 8e9;
        var weights = parameters * (d.Weights == NumberFormat.Fp8 ? 1 : 2) / (d.Parallelism.Tp * d.Parallelism.Pp);
        var kvPerToken = (double)d.Model.Layers.Sum(g => g.Count * g.KvElementsPerToken) * (d.Kv == NumberFormat.Fp8 ? 1 : 2);
        return new DeploymentPrice(new Free(), new MemoryPlan(
            d.Gpu.HbmBytes, d.Gpu.HbmBytes * limits.GpuMemoryUtilization, weights, 1e9, 1e9,
            kvPerToken / d.Parallelism.Tp, 0, kvPerToken, 1));
    }

    private sealed class Free : IStepCostModel
    {
        public int BoundedContextTokens => int.MaxValue;

        public StepCost Evaluate(in StepShape shape) => default;
    }
}
