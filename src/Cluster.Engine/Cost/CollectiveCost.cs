using Cluster.Engine.Hardware;

namespace Cluster.Engine.Cost;

/// <summary>Collectives over a group of ranks; groups larger than a scale-up domain pay the network between domains too.</summary>
internal sealed class CollectiveCost(GpuProfile gpu, EngineProfile engine)
{
    private readonly CollectiveCurves _curves = gpu.Kernels.Collectives;
    private readonly CollectiveCurve _allReduce = engine.InNetworkSums ? gpu.Kernels.Collectives.AllReduce : gpu.Kernels.Collectives.AllReduce with { InNetworkShare = 0 };
    private readonly double _peerBytes = Math.Min(gpu.Kernels.Collectives.OneShotMaxBytes, engine.PeerAllReduceBytes ?? double.MaxValue);

    /// <summary>Sum of <paramref name="bytes"/> over <paramref name="ranks"/>: the faster of kernels over peer memory and NCCL.</summary>
    /// <param name="oneShot">The engine sums in one shot whatever the size: see <see cref="EngineProfile.OneShotAllReduceTokens"/>.</param>
    public double AllReduceSeconds(double bytes, int ranks, bool oneShot = false)
    {
        if (ranks <= 1 || bytes <= 0) return 0;
        if (oneShot && ranks <= gpu.GpusPerDomain) return Kernels.OneShotAllReduce(_curves.OneShotAllReduce, gpu.ScaleUpBytesPerSecond, bytes, ranks);
        var inside = Math.Min(ranks, gpu.GpusPerDomain);
        var seconds = inside == 1 ? 0 : Inside(_allReduce, bytes, inside, 2);
        if (inside > 1 && bytes <= _peerBytes) seconds = Math.Min(seconds, Inside(_curves.OneShotAllReduce, bytes, inside, 2));
        if (ranks <= inside) return seconds;
        var domains = (double)ranks / inside;
        return seconds + ScaleOutSeconds(bytes / inside * 2 * (domains - 1) / domains);
    }

    /// <summary>Every rank ends with <paramref name="bytes"/>, a share of them from each.</summary>
    public double AllGatherSeconds(double bytes, int ranks) => Spread(_curves.AllGather, bytes, ranks);

    /// <summary>Every rank starts with <paramref name="bytes"/> and ends with the sum of its share.</summary>
    public double ReduceScatterSeconds(double bytes, int ranks) => Spread(_curves.ReduceScatter, bytes, ranks);

    /// <summary>Dispatch or combine of experts: each rank sends <paramref name="bytes"/>, spread evenly; the slower network wins.</summary>
    public double AllToAllSeconds(double bytes, int ranks)
    {
        if (ranks <= 1 || bytes <= 0) return 0;
        var inside = Math.Min(ranks, gpu.GpusPerDomain);
        var near = inside == 1 ? 0 : Inside(_curves.AllToAll, bytes * inside / ranks, inside, 1);
        return ranks <= inside ? near : Math.Max(near, ScaleOutSeconds(bytes * (ranks - inside) / ranks));
    }

    /// <summary>
    /// Dispatch and combine of a rank's tokens, by the faster of the two kernels where they were measured. Beyond the domain every
    /// (token, choice) crosses the network in the low-latency kernels, every (token, domain) in the others; the slower network wins.
    /// </summary>
    /// <param name="load">Dispatch; combine returns elements of <paramref name="combineBytes"/>.</param>
    public double ExpertExchangeSeconds(in ExchangeLoad load, double combineBytes)
    {
        if (load.Ranks <= 1 || load.Tokens <= 0) return 0;
        var back = load with { ElementBytes = combineBytes };
        if (_curves.Experts is not { } curves)
        {
            var copies = Math.Min(load.ActiveExperts, load.Ranks) * load.HiddenSize * load.Tokens;
            return AllToAllSeconds(copies * load.ElementBytes, (int)load.Ranks) + AllToAllSeconds(copies * combineBytes, (int)load.Ranks);
        }

        var seconds = Throughput(curves.Dispatch, load) + Throughput(curves.Combine, back);
        return load.Tokens > Kernels.LowLatencyTokens ? seconds : Math.Min(seconds, LowLatency(curves.LowLatencyDispatch, load) + LowLatency(curves.LowLatencyCombine, back));
    }

    private double LowLatency(LowLatencyExchange curve, in ExchangeLoad load)
    {
        var near = Kernels.LowLatencyExchange(curve, gpu.ScaleUpBytesPerSecond, load);
        if (load.Ranks <= gpu.GpusPerDomain) return near;
        return Math.Max(near, ScaleOutSeconds(load.Tokens * load.ActiveExperts * load.HiddenSize * load.ElementBytes * (1 - (gpu.GpusPerDomain / load.Ranks))));
    }

    private double Throughput(ThroughputExchange curve, in ExchangeLoad load)
    {
        var near = Kernels.ThroughputExchange(curve, load with { Ranks = Math.Min(load.Ranks, gpu.GpusPerDomain) });
        if (load.Ranks <= gpu.GpusPerDomain) return near;
        var domains = load.Ranks / gpu.GpusPerDomain;
        var away = Kernels.Destinations(load.ActiveExperts, domains) * (domains - 1) / domains;
        return Math.Max(near, ScaleOutSeconds(load.Tokens * away * load.HiddenSize * load.ElementBytes));
    }

    /// <summary>Activations to the next pipeline stage.</summary>
    public double PointToPointSeconds(double bytes, bool insideDomain) =>
        insideDomain ? _curves.AllToAll.AlphaSeconds + (bytes / (gpu.ScaleUpBytesPerSecond * _curves.AllToAll.BusEfficiency)) : ScaleOutSeconds(bytes);

    private double Spread(CollectiveCurve curve, double bytes, int ranks)
    {
        if (ranks <= 1 || bytes <= 0) return 0;
        var inside = Math.Min(ranks, gpu.GpusPerDomain);
        var seconds = inside == 1 ? 0 : Inside(curve, bytes, inside, 1);
        return ranks <= inside ? seconds : seconds + ScaleOutSeconds(bytes * (1 - ((double)inside / ranks)) / inside);
    }

    private double Inside(CollectiveCurve curve, double bytes, int ranks, double passes) =>
        Kernels.Collective(curve, gpu.ScaleUpBytesPerSecond, bytes, ranks, passes * (ranks - 1) / ranks);

    private double ScaleOutSeconds(double bytes) =>
        _curves.ScaleOutFloorSeconds + (bytes / (gpu.ScaleOutBytesPerSecond * _curves.ScaleOutEfficiency));
}
