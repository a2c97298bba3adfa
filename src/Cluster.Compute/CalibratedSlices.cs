using Cluster.Compute.Calibration;

namespace Cluster.Compute;

/// <summary>The slices of one kernel: its weights, what they take on this host, and what the run's load makes of that.</summary>
internal sealed class CalibratedSlices(SliceRunner runner, HostCalibration calibration) : IDisposable
{
    private (HostCalibration Calibration, LoadCorrection Correction) _now = (calibration, new LoadCorrection(SliceLadder.Rows.Count));
    private readonly Lock _gate = new();

    public SliceRunner Runner { get; } = runner;

    /// <summary>What slices are held against, and what has been learnt since; they belong together.</summary>
    public (HostCalibration Calibration, LoadCorrection Correction) Now
    {
        get
        {
            lock (_gate) return _now;
        }
    }

    /// <summary>From now on slices are held against another calibration; what was learnt against the last one is void.</summary>
    public void Adopt(HostCalibration found)
    {
        lock (_gate) _now = (found, new LoadCorrection(SliceLadder.Rows.Count));
    }

    public void Dispose() => Runner.Dispose();
}
