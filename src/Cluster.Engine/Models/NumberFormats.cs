namespace Cluster.Engine.Models;

/// <summary>Widths and names of number formats, scales included.</summary>
public static class NumberFormats
{
    /// <summary>Group size of 4-bit integer weights: AWQ's and GPTQ's default.</summary>
    public const int Int4GroupSize = 128;

    /// <summary>Bits of one stored element without its scales.</summary>
    public static int Bits(NumberFormat format) => format switch
    {
        NumberFormat.Fp32 => 32,
        NumberFormat.Fp16 or NumberFormat.Bf16 => 16,
        NumberFormat.Fp8 or NumberFormat.Fp8E5M2 or NumberFormat.Fp8Block or NumberFormat.Int8 or NumberFormat.Mxfp8 => 8,
        NumberFormat.Int4 or NumberFormat.Mxfp4 or NumberFormat.Nvfp4 => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a number format."),
    };

    /// <summary>
    /// Bytes per weight, scales included: int4 one 16-bit scale per <see cref="Int4GroupSize"/>, MX formats one byte per 32
    /// (OCP Microscaling v1.0), NVFP4 one byte per 16, fp8 blocks 4 bytes per 128·128; per-channel scales are negligible.
    /// </summary>
    public static double BytesPerWeight(NumberFormat format) => (Bits(format) / 8.0) + format switch
    {
        NumberFormat.Int4 => 2.0 / Int4GroupSize,
        NumberFormat.Mxfp8 or NumberFormat.Mxfp4 => 1.0 / 32,
        NumberFormat.Nvfp4 => 1.0 / 16,
        NumberFormat.Fp8Block => 4.0 / (128 * 128),
        _ => 0.0,
    };

    /// <summary>Bytes per KV element; integer and 4-bit caches carry a 16-bit scale and zero point per head of 128.</summary>
    public static double BytesPerKvElement(NumberFormat format) => (Bits(format) / 8.0) + format switch
    {
        NumberFormat.Int8 => 4.0 / 128,
        NumberFormat.Int4 => 4.0 / 128,
        NumberFormat.Nvfp4 => 1.0 / 16,
        NumberFormat.Mxfp8 or NumberFormat.Mxfp4 => 1.0 / 32,
        _ => 0.0,
    };

    /// <summary>4-bit integers are unpacked to 16 bits before the matrix product: fewer bytes, no faster arithmetic.</summary>
    public static bool IsWeightOnly(NumberFormat format) => format is NumberFormat.Int4;

    /// <summary>The catalog's and the command line's name: <c>fp8-block</c>, <c>nvfp4</c> …</summary>
    public static string Name(NumberFormat format) => format switch
    {
        NumberFormat.Fp8E5M2 => "fp8-e5m2",
        NumberFormat.Fp8Block => "fp8-block",
        _ => format.ToString().ToLowerInvariant(),
    };

    /// <summary>Reads a catalog name; the inverse of <see cref="Name"/>.</summary>
    public static bool TryParse(string name, out NumberFormat format)
    {
        foreach (var candidate in Enum.GetValues<NumberFormat>())
        {
            format = candidate;
            if (string.Equals(Name(candidate), name, StringComparison.Ordinal)) return true;
        }

        format = default;
        return false;
    }
}
