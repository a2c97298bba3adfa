using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Cost;

/// <summary>Shapes of steps and deployments to price.</summary>
internal static class Steps
{
    public static StepShape Decode(int sequences, long context, int tokens = 1) => new()
    {
        DecodeSequences = sequences,
        DecodeTokensPerSequence = tokens,
        DecodeContextTokens = sequences * context,
        DecodeBoundedContextTokens = sequences * context,
        SampledSequences = sequences,
    };

    public static StepShape Prefill(int sequences, long tokens) => new()
    {
        PrefillSequences = sequences,
        PrefillTokens = sequences * tokens,
        PrefillPairs = sequences * tokens * (tokens + 1) / 2,
        PrefillBoundedPairs = sequences * tokens * (tokens + 1) / 2,
        PrefillContextTokens = sequences * tokens,
        SampledSequences = sequences,
    };

    public static Deployment Llama8b(int tp = 1, NumberFormat weights = NumberFormat.Bf16, NumberFormat kv = NumberFormat.Bf16) =>
        new(TestHardware.Dense("llama", 32, 4096, 32, 8, 128, 14336, 128256), TestHardware.Gpu(), new Parallelism(tp), weights, kv) { Engine = TestHardware.Engine() };
}
