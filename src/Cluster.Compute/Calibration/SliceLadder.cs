using Cluster.Compute.Kernels;

namespace Cluster.Compute.Calibration;

/// <summary>
/// The products that stand in for a GPU's: A of one of <see cref="Rows"/> rows times panels of weights <see cref="Depth"/> deep.
/// One row reads a weight per multiply-add and is bandwidth-bound; 256 rows reuse each byte 256 times and are compute-bound.
/// Each rung is calibrated by itself, so no formula stands between what was measured and what is expected.
/// </summary>
public static class SliceLadder
{
    /// <summary>k of every slice: one panel of it fits the first-level cache.</summary>
    public const int Depth = 256;

    /// <summary>m of each rung.</summary>
    public static IReadOnlyList<int> Rows { get; } = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    public static int MaxRows => Rows[^1];

    /// <summary>FLOP per byte of weights that a rung does: 2·m ÷ bytes per weight.</summary>
    public static double Intensity(int rung, GemmFormat format) => 2.0 * Rows[rung] / format.WeightBytes();

    /// <summary>
    /// The rung with the same place relative to the host's ridge as the step has relative to the GPU's.
    /// </summary>
    /// <param name="place">The step's FLOP/B ÷ the GPU's ridge: 1 is at the ridge, less is bandwidth-bound. At least 0.</param>
    /// <param name="hostRidge">FLOP per byte at which this host turns from bandwidth- to compute-bound, in the same format.</param>
    /// <param name="format">What the slices multiply.</param>
    public static int RungAt(double place, double hostRidge, GemmFormat format)
    {
        var rows = Math.Max(1, place * hostRidge * format.WeightBytes() / 2);
        var rung = (int)Math.Round(Math.Log2(rows));
        return Math.Min(rung, Rows.Count - 1);
    }
}
