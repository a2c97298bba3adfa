namespace Cluster.Engine.Autoscaling.Prediction;

/// <summary>Says what load the next interval brings. One file per predictor; an object serves one run.</summary>
public interface ILoadPredictor
{
    /// <summary>An interval has passed with this many requests per second.</summary>
    void Observe(double requestsPerSecond);

    /// <summary>Requests per second of the next interval; at least one was observed.</summary>
    double Predict();
}
