using System.Runtime.Intrinsics;

namespace Cluster.Compute.Kernels;

/// <summary>
/// 8-bit integers from fp32 and back: symmetric, a scale per row of A and column of B, as engines quantise weights and
/// activations. Kernels multiply unsigned by signed, so activations carry an offset of 128 that is taken off the sums.
/// </summary>
internal static unsafe class Quantisation
{
    public const int Offset = 128;

    /// <summary>The row's largest value becomes ±127, plus the offset. What <paramref name="target"/> has beyond the row stays unset: its weights are zero.</summary>
    /// <returns>What one unit stands for.</returns>
    public static float Quantise(ReadOnlySpan<float> row, Span<byte> target)
    {
        var largest = Largest(row);
        var perUnit = largest == 0 ? 0 : 127 / largest;
        fixed (float* values = row)
        fixed (byte* bytes = target)
        {
            var i = 0;
            var factor = Vector256.Create(perUnit);
            var offset = Vector256.Create((float)Offset);
            for (; i + 32 <= row.Length; i += 32)
            {
                var low = Vector256.Narrow(Rounded(values + i, factor, offset), Rounded(values + i + 8, factor, offset));
                var high = Vector256.Narrow(Rounded(values + i + 16, factor, offset), Rounded(values + i + 24, factor, offset));
                Vector256.Narrow(low, high).Store(bytes + i);
            }

            for (; i < row.Length; i++) bytes[i] = (byte)MathF.Round(values[i] * perUnit + Offset);
        }

        return largest / 127;
    }

    /// <summary>In place: each 32-bit sum becomes the fp32 that it stands for.</summary>
    public static void Restore(float* c, int rows, int columns, ReadOnlySpan<float> rowScales, ReadOnlySpan<float> columnScales, ReadOnlySpan<int> columnSums)
    {
        fixed (float* scales = columnScales)
        fixed (int* sums = columnSums)
        {
            for (var row = 0; row < rows; row++, c += columns)
            {
                var column = 0;
                var rowScale = Vector256.Create(rowScales[row]);
                for (; column + 8 <= columns; column += 8)
                {
                    var sum = Vector256.Load((int*)c + column) - Vector256.Load(sums + column) * Offset;
                    (Vector256.ConvertToSingle(sum) * (rowScale * Vector256.Load(scales + column))).Store(c + column);
                }

                for (; column < columns; column++) c[column] = (((int*)c)[column] - sums[column] * Offset) * (rowScales[row] * scales[column]);
            }
        }
    }

    private static Vector256<uint> Rounded(float* at, Vector256<float> factor, Vector256<float> offset) =>
        Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(at) * factor + offset)).AsUInt32();

    private static float Largest(ReadOnlySpan<float> row)
    {
        var largest = Vector256<float>.Zero;
        var i = 0;
        fixed (float* values = row)
        {
            for (; i + 8 <= row.Length; i += 8) largest = Vector256.Max(largest, Vector256.Abs(Vector256.Load(values + i)));
        }

        var result = 0f;
        for (var lane = 0; lane < 8; lane++) result = Math.Max(result, largest[lane]);
        for (; i < row.Length; i++) result = Math.Max(result, Math.Abs(row[i]));
        return result;
    }
}
