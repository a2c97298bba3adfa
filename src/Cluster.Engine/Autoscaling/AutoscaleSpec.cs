using System.Collections.Immutable;
using Cluster.Engine.Units;

namespace Cluster.Engine.Autoscaling;

/// <summary>
/// How pools grow and shrink. A slow loop sets a floor from the load it predicts, a fast one steps by one on objectives
/// missed or easily met. Intervals are those of Dynamo's planner. Source: engine page, "Autoscaling".
/// </summary>
public sealed record AutoscaleSpec
{
    /// <summary>The pools that scale; others stay as they are.</summary>
    public ImmutableArray<PoolScale> Pools { get; init; } = [];

    /// <summary>How often the floor is set.</summary>
    public long ThroughputIntervalNs { get; init; } = 180 * Time.Second;

    /// <summary>How often a pool may step.</summary>
    public long LoadIntervalNs { get; init; } = 5 * Time.Second;

    /// <summary>From the decision to the first request that a new instance takes: pod, weights, warm-up.</summary>
    public long ProvisioningNs { get; init; } = 60 * Time.Second;

    /// <summary>GPUs over all pools, scaled or not, starting and draining ones included.</summary>
    public int GpuBudget { get; init; } = int.MaxValue;

    /// <summary>A name in <c>Prediction.Predictors.Registry</c>.</summary>
    public string Predictor { get; init; } = "constant";

    /// <summary>Values for the predictor's dials; those absent take their default.</summary>
    public IReadOnlyDictionary<string, double> Dials { get; init; } = new Dictionary<string, double>();

    /// <summary>Share of requests of an interval that may miss an objective before its pools grow.</summary>
    public double MissTolerance { get; init; } = 0.1;

    /// <summary>A pool shrinks, down to its floor, while the worst of an interval stays below this share of the objective.</summary>
    public double Relaxed { get; init; } = 0.5;
}

/// <summary>Bounds of one pool, in instances.</summary>
/// <param name="Initial">Running when the run begins.</param>
public sealed record PoolScale(string Pool, int Min, int Max, int Initial);
