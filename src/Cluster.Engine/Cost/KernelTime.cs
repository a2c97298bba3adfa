using Cluster.Engine.Hardware;

namespace Cluster.Engine.Cost;

/// <summary>An operator's two times and its floor, joined smoothly: <c>(c^q + m^q)^(1/q) + floor</c>.</summary>
public readonly record struct KernelTime(double ComputeSeconds, double MemorySeconds, double FloorSeconds, double Sharpness)
{
    /// <summary>The joined time without the floor.</summary>
    public double BusySeconds
    {
        get
        {
            var most = Math.Max(ComputeSeconds, MemorySeconds);
            var least = Math.Min(ComputeSeconds, MemorySeconds);
            if (Sharpness == 1) return most + least;
            // Below 1 in 50 of the larger the smaller one adds less than the fit's own error, unless the two simply add.
            if (least < most * 0.02 && Sharpness > 2) return most;
            return most <= 0 ? 0 : most * Math.Pow(1 + Math.Pow(least / most, Sharpness), 1 / Sharpness);
        }
    }

    /// <summary>Passes over activations beside the kernel proper: quantisation.</summary>
    public double StreamSeconds { get; init; }

    public double Seconds => BusySeconds + StreamSeconds + FloorSeconds;
}

/// <summary>Peaks of one GPU in one format: what a kernel is held against.</summary>
public readonly record struct Roof(double FlopsPerSecond, double BytesPerSecond, int Multiprocessors);

/// <summary>
/// The kernels' formulas, each in this one place. The same code prices steps and is fitted by <c>xpyd catalog fit</c>.
/// </summary>
public static partial class Kernels
{
    private const double TileRows = 128;

    /// <summary>
    /// <c>max(2mnk ÷ (P·e_c), bytes ÷ (BW·e_m)) + t0</c> with prologue, partial tiles, waves and quantisation of activations
    /// (tile and wave quantisation: NVIDIA, Matrix Multiplication Background User's Guide).
    /// </summary>
    /// <param name="weightBytes">Bytes per weight, scales included.</param>
    /// <param name="activationBytes">Bytes per activation as multiplied.</param>
    public static KernelTime Gemm(GemmCurve curve, in Roof roof, double m, double n, double k, double weightBytes, double activationBytes)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var padded = PaddedRows(m, curve.RowTile);
        var columns = Math.Ceiling(n / TileRows);
        var tiles = Math.Ceiling(padded / TileRows) * columns;
        var waves = Math.Ceiling(tiles / roof.Multiprocessors) * roof.Multiprocessors / tiles;
        var loss = curve.WaveWeight == 0 ? 1 : Math.Pow(waves, curve.WaveWeight);
        var rows = m + (curve.PaddingWeight * (padded - m));
        var compute = 2 * rows * columns * TileRows * (k + curve.HalfK) / (roof.FlopsPerSecond * curve.ComputeEfficiency) * loss;
        compute *= 1 + (curve.SustainedSlowdown * compute / (compute + curve.SustainedSeconds));
        var memory = (GemmBytes(m, n, k, weightBytes, activationBytes) + (m * n * 2 * (curve.OutputWeight - 1))) / (roof.BytesPerSecond * curve.MemoryEfficiency);
        memory *= 1 + (curve.PaddingStall * StalledShare(m, padded, curve.RowTile));
        var quantise = m * (curve.QuantiseSecondsPerRow + (k * curve.QuantiseSecondsPerElement));
        return new KernelTime(compute, memory, curve.FloorSeconds + (k * curve.SecondsPerK / (1 + (k / curve.SplitK))), curve.Sharpness) { StreamSeconds = quantise };
    }

    /// <summary>Libraries have kernels for up to 16, 64 and 128 rows; beyond, tiles repeat.</summary>
    private static double PaddedRows(double m, double rowTile) =>
        m <= 16 ? 16 : m <= 64 ? 64 : m <= TileRows ? TileRows : Math.Ceiling(m / rowTile) * rowTile;

    /// <summary>Padding of the last tile beyond a quarter of it, as a share of all rows; kernels for up to 16 rows have none.</summary>
    private static double StalledShare(double m, double padded, double rowTile)
    {
        var tile = Math.Min(padded, rowTile);
        return padded <= 16 ? 0 : Math.Max(0, ((padded - m) / tile) - 0.25) * tile / padded;
    }

    /// <summary>Weights and activations read, 16-bit results written.</summary>
    public static double GemmBytes(double m, double n, double k, double weightBytes, double activationBytes) =>
        (n * k * weightBytes) + (m * k * activationBytes) + (m * n * 2);

    /// <summary>α–β with a ramp; <paramref name="busFactor"/> is 2(n−1)/n for all-reduce, (n−1)/n for the others (NCCL tests, PERFORMANCE.md).</summary>
    public static double Collective(CollectiveCurve curve, double bytesPerSecond, double bytes, int ranks, double busFactor)
    {
        ArgumentNullException.ThrowIfNull(curve);
        var doublings = Math.Log2(ranks);
        // NVLink SHARP (NCCL's NVLS): two ranks gain nothing by it.
        if (ranks > 2) busFactor += curve.InNetworkShare * (((ranks + 1.0) / ranks) - busFactor);
        return curve.AlphaSeconds + (curve.AlphaPerDoublingSeconds * doublings) + (bytes * busFactor / (bytesPerSecond * curve.BusEfficiency))
            + ((curve.RampSeconds + (curve.RampPerDoublingSeconds * doublings)) * bytes / (bytes + curve.RampBytes));
    }

    /// <summary>
    /// One-shot all-reduce: every rank reads all of every rank's data at once, where two passes would read a share each. At the link's own rate that is
    /// what the tables show up to the size at which vLLM turns to two passes (8 GPUs of H200: 17 µs a MB).
    /// </summary>
    public static double OneShotAllReduce(CollectiveCurve curve, double bytesPerSecond, double bytes, int ranks)
    {
        ArgumentNullException.ThrowIfNull(curve);
        return curve.AlphaSeconds + (curve.AlphaPerDoublingSeconds * Math.Log2(ranks)) + (bytes * ranks / bytesPerSecond);
    }
}

/// <summary>Heads of one rank and how their KV is stored.</summary>
/// <param name="KvRowElements">KV elements that one token adds: 2·H_kv·d_h, or the MLA latent.</param>
/// <param name="PairWidth">Multiply–adds per query–key pair in decode: 2·d_h, or the latent's two products.</param>
public readonly record struct HeadShape(
    double QueryHeads, double KvHeads, double HeadSize, double KvRowElements, double PairWidth, double KvElementBytes, bool Fp8Cache);
