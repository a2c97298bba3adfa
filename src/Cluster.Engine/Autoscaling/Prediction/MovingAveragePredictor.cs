using Cluster.Engine.Policies;

namespace Cluster.Engine.Autoscaling.Prediction;

/// <summary>The mean of the last intervals: steadier than the last alone, and later.</summary>
public sealed class MovingAveragePredictor(int window) : ILoadPredictor
{
    private readonly Queue<double> _recent = new();

    public static Policy<ILoadPredictor> Policy { get; } = new(
        "moving-average", "The mean of the last intervals.", [new Dial("window", 3, 1, 1000, "Intervals that the mean is over.")],
        dials => new MovingAveragePredictor((int)dials["window"]));

    public void Observe(double requestsPerSecond)
    {
        _recent.Enqueue(requestsPerSecond);
        if (_recent.Count > window) _recent.Dequeue();
    }

    public double Predict() => _recent.Average();
}
