using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Testing;

/// <summary>Round-numbered hardware, engines and models whose costs can be worked out by hand.</summary>
internal static class TestHardware
{
    public static GpuProfile Gpu(string name = "test-gpu", double hbmBytes = 80e9, double hbmBytesPerSecond = 1e12, double dollarsPerHour = 2) => new(
        name, hbmBytes, hbmBytesPerSecond,
        new Dictionary<NumberFormat, double> { [NumberFormat.Bf16] = 100e12, [NumberFormat.Fp8] = 200e12 }, dollarsPerHour, "a test's")
    {
        Multiprocessors = 100,
        GpusPerDomain = 8,
        ScaleUpBytesPerSecond = 100e9,
        ScaleOutBytesPerSecond = 10e9,
        Kernels = Kernels(),
    };

    public static EngineProfile Engine(string name = "vllm") => new(name, "a test's")
    {
        StepHostSeconds = 1e-3,
        SequenceHostSeconds = 0,
        PromptTokenHostSeconds = 0,
        RequestHostSeconds = 0,
        StreamInterval = 1,
        HostOverlap = 0,
        OverlapScheduling = false,
        NarrowCachePenalty = 1,
        KernelFloorShare = 1,
        LaunchSeconds = 0,
        MaxGraphTokens = 512,
        GraphBytes = 1e9,
        GpuMemoryUtilization = 0.9,
        BlockSize = 16,
        Scheduler = "vllm",
        MaxNumSeqsLarge = 1024,
        MaxNumBatchedTokensLarge = 8192,
        MaxNumSeqsSmall = 256,
        MaxNumBatchedTokensSmall = 2048,
        WeightFormats = [NumberFormat.Bf16, NumberFormat.Fp8, NumberFormat.Int4],
        KvFormats = [NumberFormat.Bf16, NumberFormat.Fp8],
    };

    /// <summary>A dense model of one layer group.</summary>
    public static ModelArchitecture Dense(
        string name = "tiny", int layers = 4, int hiddenSize = 64, int queryHeads = 4, int kvHeads = 4, int headSize = 16, int mlpSize = 256, int vocabulary = 1000) =>
        new(name, hiddenSize, vocabulary, 131072,
            [new LayerGroup(layers) { Attention = new AttentionShape(queryHeads, kvHeads, headSize), Mlp = new MlpShape(mlpSize) }], "a test's");

    private static KernelProfile Kernels()
    {
        var gemm = new GemmCurve(1, 1, 0, 20, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0);
        var moe = new MoeCurve(1, 1, 0, 0, 0, 20, 0, 1, 0, 0, 128, true, 0, 0, 0, 1);
        var collective = new CollectiveCurve(0, 0, 1, 0, 0, 1);
        return new KernelProfile
        {
            Gemm = new Dictionary<NumberFormat, GemmCurve> { [NumberFormat.Bf16] = gemm, [NumberFormat.Fp8] = gemm },
            Moe = new Dictionary<NumberFormat, MoeCurve> { [NumberFormat.Bf16] = moe, [NumberFormat.Fp8] = moe },
            PrefillAttention = new PrefillAttentionCurve(1, 0, 0, 0, true, 20, 0, 0, 0, 1, 1, 1, 0),
            DecodeAttention = new DecodeAttentionCurve(1, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1),
            Elementwise = new OperatorCurve(1, 1, 0),
            Collectives = new CollectiveCurves
            {
                OneShotAllReduce = collective,
                OneShotMaxBytes = 0,
                AllReduce = collective,
                AllGather = collective,
                ReduceScatter = collective,
                AllToAll = collective,
                ScaleOutFloorSeconds = 0,
                ScaleOutEfficiency = 1,
            },
        };
    }
}
