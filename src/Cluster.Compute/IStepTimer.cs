using Cluster.Engine.Cost;
using Cluster.Engine.Topology;

namespace Cluster.Compute;

/// <summary>Says how long an emulated step takes. One per instance; one step at a time.</summary>
public interface IStepTimer
{
    /// <param name="shape">What the step computes.</param>
    /// <param name="cost">What the cost model says it costs.</param>
    /// <exception cref="InvalidOperationException">The previous step has not ended.</exception>
    ValueTask<StepTiming> RunAsync(StepShape shape, StepCost cost, CancellationToken cancellationToken);
}

/// <summary>In mode <see cref="ComputeMode.Paced"/> nobody waits for the slice: what is said of matmul is that of the slice before.</summary>
/// <param name="EmulatedDurationNs">From the step's start to its tokens being visible, in emulated time.</param>
/// <param name="Ratio">Measured ÷ calibrated time of the slice: 1 on a quiet host; 1 as well when no matmul ran.</param>
/// <param name="MatmulNs">Wall time that the slice took on its thread; 0 when none ran.</param>
/// <param name="QueuedNs">Wall time that the slice waited for a thread.</param>
/// <param name="Saturated">The host did not keep up: no thread took the slice, it outlasted its step, or ran at less than half of the calibrated speed.</param>
public readonly record struct StepTiming(long EmulatedDurationNs, double Ratio, long MatmulNs, long QueuedNs, bool Saturated)
{
    /// <summary>The cost model's word, no matmul.</summary>
    public static StepTiming FromModel(in StepCost cost, bool saturated = false) =>
        new(Engine.Units.Time.FromSeconds(cost.DurationSeconds), 1, 0, 0, saturated);
}

/// <summary>Mode <see cref="ComputeMode.Modeled"/>: the cost model's duration and nothing else.</summary>
public sealed class ModeledStepTimer : IStepTimer
{
    public static ModeledStepTimer Instance { get; } = new();

    public ValueTask<StepTiming> RunAsync(StepShape shape, StepCost cost, CancellationToken cancellationToken) =>
        new(StepTiming.FromModel(cost));
}
