using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Compute.Kernels;

/// <summary>Turns rows into interleaved rows, eight by eight, in registers.</summary>
internal static unsafe class Transpose
{
    /// <summary>target[k][row] = source[row][k] for 8 rows and 8 values of k; scalar where the CPU lacks AVX.</summary>
    /// <param name="stride">Elements between rows of <paramref name="source"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Block8(float* source, nint stride, float* target)
    {
        if (!Avx.IsSupported)
        {
            for (var k = 0; k < 8; k++)
            {
                for (var row = 0; row < 8; row++) target[k * 8 + row] = source[row * stride + k];
            }
            return;
        }
        // Pairs of rows, then quads, then the two halves: the usual three rounds.
        var (a0, a1) = Interleave(source, source + stride);
        var (a2, a3) = Interleave(source + 2 * stride, source + 3 * stride);
        var (a4, a5) = Interleave(source + 4 * stride, source + 5 * stride);
        var (a6, a7) = Interleave(source + 6 * stride, source + 7 * stride);
        Halves(Low(a0, a2), Low(a4, a6), target);
        Halves(High(a0, a2), High(a4, a6), target + 8);
        Halves(Low(a1, a3), Low(a5, a7), target + 16);
        Halves(High(a1, a3), High(a5, a7), target + 24);
    }

    /// <summary>target[k][row] = source[row][k] for 4 rows and 4 values of k; scalar where the CPU lacks SSE.</summary>
    /// <param name="stride">Elements between rows of <paramref name="source"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Block4(float* source, nint stride, float* target)
    {
        if (!Sse.IsSupported)
        {
            for (var k = 0; k < 4; k++)
            {
                for (var row = 0; row < 4; row++) target[k * 4 + row] = source[row * stride + k];
            }
            return;
        }
        var (r0, r1) = (Vector128.Load(source), Vector128.Load(source + stride));
        var (r2, r3) = (Vector128.Load(source + 2 * stride), Vector128.Load(source + 3 * stride));
        var (a, b) = (Sse.UnpackLow(r0, r1), Sse.UnpackHigh(r0, r1));
        var (c, d) = (Sse.UnpackLow(r2, r3), Sse.UnpackHigh(r2, r3));
        Sse.MoveLowToHigh(a, c).Store(target);
        Sse.MoveHighToLow(c, a).Store(target + 4);
        Sse.MoveLowToHigh(b, d).Store(target + 8);
        Sse.MoveHighToLow(d, b).Store(target + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Low, Vector256<float> High) Interleave(float* even, float* odd)
    {
        var (x, y) = (Vector256.Load(even), Vector256.Load(odd));
        return (Avx.UnpackLow(x, y), Avx.UnpackHigh(x, y));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Low(Vector256<float> x, Vector256<float> y) => Avx.Shuffle(x, y, 0b01_00_01_00);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> High(Vector256<float> x, Vector256<float> y) => Avx.Shuffle(x, y, 0b11_10_11_10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(Vector256<float> first, Vector256<float> second, float* target)
    {
        Avx.Permute2x128(first, second, 0x20).Store(target);
        Avx.Permute2x128(first, second, 0x31).Store(target + 32);
    }
}
