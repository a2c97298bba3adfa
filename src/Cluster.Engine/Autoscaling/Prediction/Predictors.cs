using Cluster.Engine.Policies;

namespace Cluster.Engine.Autoscaling.Prediction;

/// <summary>The load predictors there are.</summary>
public static class Predictors
{
    public static PolicyRegistry<ILoadPredictor> Registry { get; } = new(ConstantPredictor.Policy, MovingAveragePredictor.Policy, SeasonalPredictor.Policy);
}
