using Cluster.Compute;
using Cluster.Compute.Kernels;
using Cluster.Engine.Topology;
using Cluster.Grains;
using Cluster.Grains.Hosting;
using Cluster.Grains.Instances;
using Cluster.Grains.Timing;

namespace Cluster.Hosting;

/// <summary>What a process needs to run instances: the matmul threads, the pacer, and the context that its grains share.</summary>
public sealed class HostResources : IDisposable
{
    private readonly Pacer _pacer = new();

    /// <summary>Starts the threads and calibrates the host, unless the mode needs no matrix products.</summary>
    /// <param name="charter">What the cluster agrees on; null for one that begins with this process.</param>
    public HostResources(ClusterSpec cluster, ComputeMode compute, double timeScale, ClusterCharter? charter = null, IStepWatch? watch = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        Compute = new ComputeHost(new ComputeOptions
        {
            Mode = compute,
            TimeScale = timeScale,
            Instances = cluster.Instances.Sum(i => RankLayout.Of(i).Groups),
            Formats = [.. cluster.Instances.Select(FormatOf).Distinct()],
        }, givesWay: () => _pacer.IsDue);
        Context = new ClusterContext(cluster, new EmulatedClock(_pacer, timeScale, charter?.EpochUtc), instance => Compute.CreateTimer(RidgeOf(instance), FormatOf(instance)))
        {
            Charter = charter ?? ClusterCharter.Begin(cluster.Name, ""),
            Watch = watch,
        };
        Context.Clock.ScaleChanged += scale => Compute.TimeScale = scale;
    }

    public ComputeHost Compute { get; }

    public ClusterContext Context { get; }

    public void Dispose()
    {
        Compute.Dispose();
        _pacer.Dispose();
    }

    /// <summary>What the host multiplies in place of the instance's GPU.</summary>
    private static GemmFormat FormatOf(InstanceSpec instance) => GemmFormats.StandingInFor(instance.Deployment.Gpu.ComputeFormat(instance.Deployment.Weights));

    /// <summary>FLOP per byte at which the emulated GPU turns from bandwidth- to compute-bound.</summary>
    private static double RidgeOf(InstanceSpec instance)
    {
        var (gpu, weights) = (instance.Deployment.Gpu, instance.Deployment.Weights);
        return gpu.PeakFlops[gpu.ComputeFormat(weights)] / gpu.HbmBytesPerSecond;
    }
}
