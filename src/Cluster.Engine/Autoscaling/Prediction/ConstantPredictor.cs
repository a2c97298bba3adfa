using Cluster.Engine.Policies;

namespace Cluster.Engine.Autoscaling.Prediction;

/// <summary>The next interval is like the last.</summary>
public sealed class ConstantPredictor : ILoadPredictor
{
    private double _last;

    public static Policy<ILoadPredictor> Policy { get; } = new("constant", "The next interval is like the last.", [], _ => new ConstantPredictor());

    public void Observe(double requestsPerSecond) => _last = requestsPerSecond;

    public double Predict() => _last;
}
