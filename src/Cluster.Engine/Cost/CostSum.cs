namespace Cluster.Engine.Cost;

/// <summary>Adds operators up: seconds by what bound them, FLOPs and bytes of one rank.</summary>
internal struct CostSum
{
    public double ComputeSeconds;
    public double BandwidthSeconds;
    public double NetworkSeconds;
    public double FloorSeconds;
    /// <summary>Passes over activations that no launch hides: see <see cref="KernelTime.StreamSeconds"/>.</summary>
    public double StreamSeconds;

    public double Flops;
    public double HbmBytes;
    public double NetworkBytes;
    public bool Extrapolated;

    public readonly double Seconds => ComputeSeconds + BandwidthSeconds + NetworkSeconds + FloorSeconds + StreamSeconds;

    /// <summary>One operator, <paramref name="count"/> times: the longer of its two times, and its floor.</summary>
    public void AddRoofline(double computeSeconds, double memorySeconds, double floorSeconds, double flops, double bytes, double count = 1)
    {
        if (computeSeconds >= memorySeconds) ComputeSeconds += computeSeconds * count;
        else BandwidthSeconds += memorySeconds * count;
        FloorSeconds += floorSeconds * count;
        Flops += flops * count;
        HbmBytes += bytes * count;
    }

    /// <summary>One kernel, <paramref name="count"/> times, charged to the resource that binds it.</summary>
    public void Add(in KernelTime time, double flops, double bytes, double count)
    {
        if (time.ComputeSeconds >= time.MemorySeconds) ComputeSeconds += time.BusySeconds * count;
        else BandwidthSeconds += time.BusySeconds * count;
        FloorSeconds += time.FloorSeconds * count;
        StreamSeconds += time.StreamSeconds * count;
        Flops += flops * count;
        HbmBytes += bytes * count;
    }

    public void AddNetwork(double seconds, double bytes, double count = 1)
    {
        NetworkSeconds += seconds * count;
        NetworkBytes += bytes * count;
    }

    public void Add(in CostSum other, double count = 1)
    {
        ComputeSeconds += other.ComputeSeconds * count;
        BandwidthSeconds += other.BandwidthSeconds * count;
        NetworkSeconds += other.NetworkSeconds * count;
        FloorSeconds += other.FloorSeconds * count;
        StreamSeconds += other.StreamSeconds * count;
        Flops += other.Flops * count;
        HbmBytes += other.HbmBytes * count;
        NetworkBytes += other.NetworkBytes * count;
        Extrapolated |= other.Extrapolated;
    }
}
