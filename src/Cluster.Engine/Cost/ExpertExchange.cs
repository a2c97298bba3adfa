using Cluster.Engine.Hardware;

namespace Cluster.Engine.Cost;

/// <summary>What a rank's tokens ask of the exchange between expert-parallel ranks.</summary>
/// <param name="Tokens">New tokens of one rank.</param>
/// <param name="ElementBytes">Bytes per element on the wire.</param>
public readonly record struct ExchangeLoad(double Tokens, double HiddenSize, double ElementBytes, double ActiveExperts, double Experts, double Ranks);

/// <summary>The exchange's formulas (deepseek-ai/DeepEP).</summary>
public static partial class Kernels
{
    /// <summary>Multiprocessors that the throughput kernels take unless told otherwise (DeepEP's default).</summary>
    public const double ExchangeMultiprocessors = 20;

    /// <summary>Most tokens of one rank that the low-latency kernels keep buffers for in the measured tables.</summary>
    public const double LowLatencyTokens = 1024;

    public static double LowLatencyExchange(LowLatencyExchange curve, double bytesPerSecond, in ExchangeLoad load)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var bytes = load.Tokens * load.ActiveExperts * load.HiddenSize * load.ElementBytes;
        var own = bytes / load.Experts * load.Ranks / curve.BytesPerSecondPerExpert;
        return curve.AlphaSeconds + (load.Experts * curve.SecondsPerExpert) + Fourth(bytes / (bytesPerSecond * curve.BusEfficiency), own);
    }

    public static double ThroughputExchange(ThroughputExchange curve, in ExchangeLoad load, double multiprocessors = ExchangeMultiprocessors)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var bytes = load.Tokens * Destinations(load.ActiveExperts, load.Ranks) * load.HiddenSize * load.ElementBytes;
        return curve.AlphaSeconds + (load.HiddenSize * curve.SecondsPerElement) + (load.Tokens * curve.SecondsPerToken)
            + (bytes / (curve.BytesPerSecondPerMultiprocessor * multiprocessors));
    }

    /// <summary>Distinct places among <paramref name="places"/> that hold one token's experts, chosen by chance.</summary>
    public static double Destinations(double activeExperts, double places) => places * (1 - Math.Pow(1 - (1 / places), activeExperts));
}
