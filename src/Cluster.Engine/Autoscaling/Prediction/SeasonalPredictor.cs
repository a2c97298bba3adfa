using Cluster.Engine.Policies;

namespace Cluster.Engine.Autoscaling.Prediction;

/// <summary>As a season ago, scaled by how the last interval compares with its own a season ago (seasonal naive with drift). Before a season has passed: like the last.</summary>
public sealed class SeasonalPredictor(int season) : ILoadPredictor
{
    private readonly List<double> _all = [];

    public static Policy<ILoadPredictor> Policy { get; } = new(
        "seasonal", "As a season ago, scaled by how this season compares with the last.", [new Dial("season", 24, 2, 100_000, "Intervals of a season.")],
        dials => new SeasonalPredictor((int)dials["season"]));

    public void Observe(double requestsPerSecond) => _all.Add(requestsPerSecond);

    public double Predict()
    {
        var (next, last) = (_all.Count - season, _all.Count - 1 - season);
        if (last < 0) return _all[^1];
        return _all[last] <= 0 ? _all[next] : _all[next] * _all[^1] / _all[last];
    }
}
