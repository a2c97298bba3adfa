using Cluster.Compute.Kernels;
using Cluster.Engine.Topology;

namespace Cluster.Compute;

/// <summary>How much of the host the timed matmul may take, and how its time is used. Validated whole.</summary>
public sealed record ComputeOptions
{
    public ComputeMode Mode { get; init; } = ComputeMode.Measured;

    /// <summary>Emulated seconds per wall second, 0.01 … 100: a step's slice is a share of its wall duration.</summary>
    public double TimeScale { get; init; } = 1;

    /// <summary>Dedicated threads, each on a core of its own; 0 takes half of the cores, so that the rest keep time.</summary>
    public int Threads { get; init; }

    /// <summary>Fix each thread to a core, the highest first. Where the system refuses, the pool says so and runs unpinned.</summary>
    public bool PinThreads { get; init; } = true;

    /// <summary>Instances that share this host: they split <see cref="HostShare"/> between them.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>Share of the pool threads' time that all slices together may take, in (0, 1].</summary>
    public double HostShare { get; init; } = 0.25;

    /// <summary>Most that one slice may take, whatever the step's length.</summary>
    public long MaxSliceNs { get; init; } = 500_000;

    /// <summary>Slices that may wait for a thread; beyond it the pool is saturated and says so.</summary>
    public int QueueCapacity { get; init; } = 128;

    /// <summary><c>auto</c> takes the widest of each format; <c>avx512</c>, <c>avx2</c> and <c>scalar</c> an instruction set; or one of <see cref="TileKernels.All"/> by name.</summary>
    public string Kernel { get; init; } = TileKernels.Auto;

    /// <summary>What the instances' weights are multiplied in, each once; a timer can have no other.</summary>
    public IReadOnlyList<GemmFormat> Formats { get; init; } = [GemmFormat.Fp32];

    /// <summary>Bytes of weights that slices of one format stream; well beyond the last-level cache, or thin products stop being bandwidth-bound.</summary>
    public long WeightBytes { get; init; } = 128L << 20;

    /// <summary>Where calibrations are kept; null for the user's cache directory.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>|ln| of measured ÷ cached beyond which a cached calibration is measured anew at start-up: 0.1 is about 10 %.</summary>
    public double DriftTolerance { get; init; } = 0.1;

    public int EffectiveThreads => Threads > 0 ? Threads : Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Share of a step's wall duration that its slice may take.</summary>
    public double SliceShare => Math.Min(1, HostShare * EffectiveThreads / Instances);

    /// <summary>Every problem, each naming key, value and allowed range; empty when there is none.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(Enum.IsDefined(Mode), "mode", Mode, "measured, paced or modeled");
        Check(TimeScale is >= 0.01 and <= 100, "time_scale", TimeScale, "0.01 … 100");
        Check(Threads >= 0 && Threads <= Environment.ProcessorCount, "threads", Threads, $"0 (half of the cores) … {Environment.ProcessorCount}");
        Check(Instances is >= 1 and <= 100_000, "instances", Instances, "1 … 100000");
        Check(HostShare is > 0 and <= 1, "host_share", HostShare, "above 0, up to 1");
        Check(MaxSliceNs is >= 10_000 and <= 100_000_000, "max_slice_ns", MaxSliceNs, "10000 … 100000000");
        Check(QueueCapacity is >= 1 and <= 65_536, "queue_capacity", QueueCapacity, "1 … 65536");
        Check(WeightBytes is >= 1 << 20 and <= 4L << 30, "weight_bytes", WeightBytes, "1048576 … 4294967296");
        Check(DriftTolerance > 0, "drift_tolerance", DriftTolerance, "above 0");
        Check(Formats.Count > 0 && Formats.All(Enum.IsDefined), "formats", $"[{string.Join(", ", Formats)}]", "one or more of fp32, bf16, int8");
        try
        {
            TileKernels.Choose(Kernel);
        }
        catch (Exception problem) when (problem is ArgumentException or PlatformNotSupportedException)
        {
            errors.Add($"compute.kernel: {problem.Message}");
        }
        return errors;

        void Check(bool holds, string key, object value, string allowed)
        {
            if (!holds) errors.Add($"compute.{key}: {value} is outside {allowed}.");
        }
    }

    /// <exception cref="ArgumentException">Something is out of range; the message lists all of it.</exception>
    public void ThrowIfInvalid()
    {
        var errors = Validate();
        if (errors.Count > 0) throw new ArgumentException(string.Join(Environment.NewLine, errors));
    }
}
