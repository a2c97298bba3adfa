using Cluster.Engine.Models;

namespace Cluster.Compute.Kernels;

/// <summary>What a kernel multiplies: how its weights are kept, and how exact its sums are.</summary>
public enum GemmFormat
{
    /// <summary>fp32 weights, activations and sums.</summary>
    Fp32,

    /// <summary>bf16 weights, half the bytes to stream; widened to fp32 in registers, fp32 activations and sums.</summary>
    Bf16,

    /// <summary>8-bit integers on both sides, a scale per row of A and per column of B, exact 32-bit sums.</summary>
    Int8,
}

/// <summary>What follows from a format alone.</summary>
public static class GemmFormats
{
    /// <summary>Values of k that lie side by side for one column of packed weights: as many as share 32 bits.</summary>
    public static int Interleave(this GemmFormat format) => 4 / format.WeightBytes();

    /// <summary>Bytes of one packed weight.</summary>
    public static int WeightBytes(this GemmFormat format) => format switch
    {
        GemmFormat.Fp32 => 4,
        GemmFormat.Bf16 => 2,
        GemmFormat.Int8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "fp32, bf16 or int8"),
    };

    /// <summary>Bytes of one packed activation.</summary>
    public static int ActivationBytes(this GemmFormat format) => format == GemmFormat.Int8 ? 1 : 4;

    /// <summary>
    /// The format in which the host stands in for a GPU that computes in <paramref name="format"/>: the widest that has as few
    /// bits, so that weights stream in like proportion. No CPU multiplies 4-bit numbers or 8-bit floats; 8-bit integers are next.
    /// </summary>
    public static GemmFormat StandingInFor(NumberFormat format) => format switch
    {
        NumberFormat.Fp32 => GemmFormat.Fp32,
        NumberFormat.Fp16 or NumberFormat.Bf16 => GemmFormat.Bf16,
        _ => GemmFormat.Int8,
    };
}
