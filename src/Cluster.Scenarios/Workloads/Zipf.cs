using Cluster.Engine.Units;

namespace Cluster.Scenarios.Workloads;

/// <summary>Draws ranks 0 … n−1 with probability ∝ 1 ÷ (rank + 1)^skew, by inversion of the cumulated weights.</summary>
internal sealed class Zipf
{
    private readonly int _count;
    private readonly double[]? _cumulated;

    public Zipf(int count, double skew)
    {
        _count = count;
        if (skew == 0 || count == 1) return;
        _cumulated = new double[count];
        var sum = 0.0;
        for (var i = 0; i < count; i++) _cumulated[i] = sum += Math.Pow(i + 1, -skew);
    }

    public int Draw(RandomStream random)
    {
        if (_cumulated is null) return random.NextInt(_count);
        var at = Array.BinarySearch(_cumulated, random.NextDouble() * _cumulated[^1]);
        return Math.Min(at < 0 ? ~at : at + 1, _count - 1);
    }
}
