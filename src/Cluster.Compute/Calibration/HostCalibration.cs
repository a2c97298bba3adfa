namespace Cluster.Compute.Calibration;

/// <summary>What this host does in slices of matmul on one thread, as measured.</summary>
/// <param name="Host">Processor, cores and kernel: whom the figures belong to.</param>
/// <param name="PanelNs">Nanoseconds per panel at each rung of <see cref="SliceLadder.Rows"/>.</param>
/// <param name="FlopsPerSecond">The most that any rung reached.</param>
/// <param name="BytesPerSecond">Weights streamed by the thinnest rung.</param>
/// <param name="MeasuredAt">When.</param>
public sealed record HostCalibration(
    string Host,
    IReadOnlyList<double> PanelNs,
    double FlopsPerSecond,
    double BytesPerSecond,
    DateTimeOffset MeasuredAt)
{
    /// <summary>FLOP per byte at which this host turns from bandwidth- to compute-bound.</summary>
    public double RidgeFlopsPerByte => FlopsPerSecond / BytesPerSecond;

    /// <summary>Are the figures usable: a rate for every rung, all positive and finite?</summary>
    public bool IsComplete =>
        PanelNs is { } panels
        && panels.Count == SliceLadder.Rows.Count
        && panels.All(ns => double.IsFinite(ns) && ns > 0)
        && FlopsPerSecond > 0
        && BytesPerSecond > 0;
}
