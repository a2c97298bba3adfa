using Cluster.Engine.Hardware;

namespace Cluster.Engine.Cost;

/// <summary>α–β costs of collectives over a group of ranks; groups larger than a scale-up domain pay the network between domains too.</summary>
internal sealed class CollectiveCost(GpuProfile gpu)
{
    private readonly CollectiveCurve _curve = gpu.Kernels.Collectives;

    /// <summary>Sum of <paramref name="bytes"/> over <paramref name="ranks"/>: the faster of the one-shot kernel and ring or NVLS.</summary>
    public double AllReduceSeconds(double bytes, int ranks)
    {
        if (ranks <= 1 || bytes <= 0) return 0;
        var inside = Math.Min(ranks, gpu.GpusPerDomain);
        var bus = gpu.ScaleUpBytesPerSecond * _curve.BusEfficiency;
        var oneShot = _curve.OneShotFloorSeconds + (bytes * (inside - 1) / bus);
        var ring = _curve.RingFloorSeconds + (bytes * 2 * (inside - 1) / inside / bus);
        var seconds = Math.Min(oneShot, ring);
        if (ranks <= inside) return seconds;
        var domains = (double)ranks / inside;
        return seconds + ScaleOutSeconds(bytes / inside * 2 * (domains - 1) / domains);
    }

    /// <summary>Every rank ends with (all-gather) or contributes to (reduce-scatter) <paramref name="bytes"/> in total.</summary>
    public double GatherSeconds(double bytes, int ranks)
    {
        if (ranks <= 1 || bytes <= 0) return 0;
        var inside = Math.Min(ranks, gpu.GpusPerDomain);
        var seconds = _curve.RingFloorSeconds + (bytes * (inside - 1) / inside / (gpu.ScaleUpBytesPerSecond * _curve.BusEfficiency));
        return ranks <= inside ? seconds : seconds + ScaleOutSeconds(bytes * (1 - ((double)inside / ranks)) / inside);
    }

    /// <summary>Dispatch or combine of experts: each rank sends <paramref name="bytes"/>, spread evenly over the others; the slower network wins.</summary>
    public double AllToAllSeconds(double bytes, int ranks)
    {
        if (ranks <= 1 || bytes <= 0) return 0;
        var inside = Math.Min(ranks, gpu.GpusPerDomain);
        var near = bytes * (inside - 1) / ranks / (gpu.ScaleUpBytesPerSecond * _curve.BusEfficiency);
        var far = ranks <= inside ? 0 : ScaleOutSeconds(bytes * (ranks - inside) / ranks);
        return Math.Max(_curve.RingFloorSeconds + near, far);
    }

    /// <summary>Activations to the next pipeline stage.</summary>
    public double PointToPointSeconds(double bytes, bool insideDomain) =>
        insideDomain ? _curve.RingFloorSeconds + (bytes / (gpu.ScaleUpBytesPerSecond * _curve.BusEfficiency)) : ScaleOutSeconds(bytes);

    private double ScaleOutSeconds(double bytes) =>
        _curve.ScaleOutFloorSeconds + (bytes / (gpu.ScaleOutBytesPerSecond * _curve.ScaleOutEfficiency));
}
