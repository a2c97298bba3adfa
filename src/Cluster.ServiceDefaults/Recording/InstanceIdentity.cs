using Cluster.Engine.Topology;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>What an instance is: the labels of its series and the facts they are read against.</summary>
/// <param name="Cluster">Name of the variant it belongs to, e.g. <c>2P2D</c>.</param>
/// <param name="Engine">Its name, unique in the process, e.g. <c>prefill-0</c>.</param>
/// <param name="ModelName">Served model, as clients name it.</param>
public sealed record InstanceIdentity(string Cluster, InstanceRole Role, string Engine, string ModelName)
{
    /// <summary>The instances it was declared with.</summary>
    public string Pool { get; init; } = "";

    /// <summary>GPU model.</summary>
    public string Gpu { get; init; } = "";

    /// <summary>GPUs of this instance.</summary>
    public int Gpus { get; init; } = 1;

    /// <summary>E.g. <c>tp4</c> or <c>tp8dp2ep16</c>.</summary>
    public string Parallelism { get; init; } = "";

    /// <summary>Weight format, e.g. <c>fp8</c>.</summary>
    public string Weights { get; init; } = "";

    /// <summary>KV format, e.g. <c>fp8</c>.</summary>
    public string Kv { get; init; } = "";

    /// <summary>One GPU's peak FLOP/s in the format that computes; 0 when unknown, then no MFU is published.</summary>
    public double PeakFlopsPerSecond { get; init; }

    /// <summary>One GPU's peak HBM bytes/s; 0 when unknown, then no MBU is published.</summary>
    public double PeakHbmBytesPerSecond { get; init; }

    /// <summary>Tokens per KV block.</summary>
    public int BlockSize { get; init; }

    /// <summary>Blocks in the pool.</summary>
    public long TotalBlocks { get; init; }

    /// <summary>Share of HBM the engine claims, in (0, 1].</summary>
    public double GpuMemoryUtilization { get; init; }

    public bool EnablePrefixCaching { get; init; }

    /// <summary>Everything an instance's spec says of it; what the spec does not say is set with <c>with</c>.</summary>
    public static InstanceIdentity From(string cluster, InstanceSpec spec, string modelName)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var parallelism = spec.Deployment.Parallelism;
        return new InstanceIdentity(cluster, spec.Role, spec.Name, modelName)
        {
            Pool = spec.Pool,
            Gpu = spec.Deployment.Gpu.Name,
            Gpus = parallelism.Gpus,
            Parallelism = $"tp{parallelism.Tp}pp{parallelism.Pp}dp{parallelism.Dp}ep{parallelism.Ep}",
            Weights = spec.Deployment.Weights.ToString().ToLowerInvariant(),
            Kv = spec.Deployment.Kv.ToString().ToLowerInvariant(),
            PeakFlopsPerSecond = spec.Deployment.Gpu.PeakFlops.GetValueOrDefault(spec.Deployment.Gpu.ComputeFormat(spec.Deployment.Weights)),
            PeakHbmBytesPerSecond = spec.Deployment.Gpu.HbmBytesPerSecond,
            BlockSize = spec.Kv.BlockSize,
            TotalBlocks = spec.Kv.TotalBlocks,
            GpuMemoryUtilization = spec.Memory.HbmBytes > 0 ? spec.Memory.Utilization : 0,
            EnablePrefixCaching = spec.Kv.EnablePrefixCaching,
        };
    }
}
