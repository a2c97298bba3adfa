namespace Cluster.Engine.Cost;

/// <summary>Prices steps of one instance. Pure: the same shape always costs the same. Thread-safe.</summary>
public interface IStepCostModel
{
    /// <summary>Under 2 µs and without allocation, for any shape an instance can compose.</summary>
    StepCost Evaluate(in StepShape shape);
}
