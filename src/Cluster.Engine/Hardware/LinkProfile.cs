namespace Cluster.Engine.Hardware;

/// <summary>What carries KV between two instances, per direction and instance.</summary>
/// <param name="BytesPerSecond">Nominal bandwidth of one instance's ports together.</param>
/// <param name="SetupSeconds">Paid once per transfer before the first byte.</param>
/// <param name="PeakEfficiency">Share of nominal that very large transfers reach, in (0, 1].</param>
/// <param name="HalfEfficiencyBytes">Transfer size that reaches half of the peak efficiency.</param>
/// <param name="Source">Where the numbers come from.</param>
public sealed record LinkProfile(
    string Name,
    double BytesPerSecond,
    double SetupSeconds,
    double PeakEfficiency,
    double HalfEfficiencyBytes,
    string Source)
{
    /// <summary>Bytes per second that a transfer of this size reaches alone.</summary>
    public double EffectiveBytesPerSecond(double transferBytes) =>
        BytesPerSecond * PeakEfficiency * transferBytes / (transferBytes + HalfEfficiencyBytes);
}
