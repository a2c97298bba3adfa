using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Compute.Kernels;

/// <summary>4×16 tiles: 8 accumulators of 8 floats, which is latency times issue width of FMA on every AVX2 core.</summary>
public sealed unsafe class Avx2TileKernel : TileKernel
{
    public override string Name => "avx2";

    public override bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public override int TileRows => 4;

    public override int PanelWidth => 16;

    /// <remarks>Optimised at first call: calibration must not time the unoptimised tier.</remarks>
    public override void Tile(int rows, float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        switch (rows)
        {
            case 4: Tile4(a, b, c, ldc, depth, accumulate); break;
            case 2: Tile2(a, b, c, ldc, depth, accumulate); break;
            case 1: Tile1(a, b, c, ldc, depth, accumulate); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows), rows, "a power of two up to TileRows");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default;
        Vector256<float> c10 = default, c11 = default;
        Vector256<float> c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default;
        for (var end = b + (nint)depth * 16; b < end; a += 4, b += 16)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            var x1 = Vector256.Create(a[1]);
            c10 = Fma.MultiplyAdd(x1, b0, c10);
            c11 = Fma.MultiplyAdd(x1, b1, c11);
            var x2 = Vector256.Create(a[2]);
            c20 = Fma.MultiplyAdd(x2, b0, c20);
            c21 = Fma.MultiplyAdd(x2, b1, c21);
            var x3 = Vector256.Create(a[3]);
            c30 = Fma.MultiplyAdd(x3, b0, c30);
            c31 = Fma.MultiplyAdd(x3, b1, c31);
        }
        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
        Store(c + 2 * ldc, c20, c21, accumulate);
        Store(c + 3 * ldc, c30, c31, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default;
        Vector256<float> c10 = default, c11 = default;
        for (var end = b + (nint)depth * 16; b < end; a += 2, b += 16)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            var x1 = Vector256.Create(a[1]);
            c10 = Fma.MultiplyAdd(x1, b0, c10);
            c11 = Fma.MultiplyAdd(x1, b1, c11);
        }
        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default;
        for (var end = b + (nint)depth * 16; b < end; a += 1, b += 16)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
        }
        Store(c, c00, c01, accumulate);
    }

    private static void Store(float* c, Vector256<float> low, Vector256<float> high, bool accumulate)
    {
        if (accumulate)
        {
            low += Vector256.Load(c);
            high += Vector256.Load(c + 8);
        }
        low.Store(c);
        high.Store(c + 8);
    }
}
