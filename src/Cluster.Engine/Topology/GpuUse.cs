namespace Cluster.Engine.Topology;

/// <summary>GPU time that one instance of a running cluster is paid for. A value: each change of what it runs on makes another.</summary>
/// <param name="Gpus">Those paid for now: 0 while it is off.</param>
/// <param name="SinceNs">From when on.</param>
/// <param name="BeforeNs">GPU nanoseconds until then.</param>
public readonly record struct GpuUse(int Gpus, long SinceNs, double BeforeNs)
{
    /// <summary>GPU nanoseconds until this moment.</summary>
    public double UntilNs(long nowNs) => BeforeNs + ((double)(nowNs - SinceNs) * Gpus);

    /// <summary>From this moment on it is paid for so many GPUs.</summary>
    public GpuUse On(int gpus, long nowNs) => gpus == Gpus ? this : new GpuUse(gpus, nowNs, UntilNs(nowNs));

    /// <summary>GPUs to pay for an instance in this state: where pools scale by themselves, one that was drained is off; one that crashed stands there still.</summary>
    public static int Paid(MemberState state, int gpus, bool poolsScale) => state == MemberState.Drained && poolsScale ? 0 : gpus;
}
