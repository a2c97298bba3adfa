using Cluster.Compute.Calibration;

namespace Cluster.Compute;

/// <summary>The slices of one kernel: its weights, what they take on this host, and what the run's load makes of that.</summary>
internal sealed class CalibratedSlices(SliceRunner runner, HostCalibration calibration) : IDisposable
{
    private HostCalibration _calibration = calibration;

    public SliceRunner Runner { get; } = runner;

    public HostCalibration Calibration
    {
        get => Volatile.Read(ref _calibration);
        set => Volatile.Write(ref _calibration, value);
    }

    public LoadCorrection Correction { get; } = new(SliceLadder.Rows.Count);

    public void Dispose() => Runner.Dispose();
}
