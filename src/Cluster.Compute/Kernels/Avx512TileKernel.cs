using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Compute.Kernels;

/// <summary>8×32 tiles: 16 accumulators of 16 floats, two loads of B and eight broadcasts of A per k, two k per turn.</summary>
public sealed unsafe class Avx512TileKernel : TileKernel
{
    public override string Name => "avx512";

    public override bool IsSupported => Avx512F.IsSupported;

    public override int TileRows => 8;

    public override int PanelWidth => 32;

    public override int DepthStep => 2;

    /// <remarks>Optimised at first call: calibration must not time the unoptimised tier.</remarks>
    public override void Tile(int rows, void* a, void* b, void* c, nint ldc, int depth, bool accumulate)
    {
        switch (rows)
        {
            case 8: Tile8((float*)a, (float*)b, (float*)c, ldc, depth, accumulate); break;
            case 4: Tile4((float*)a, (float*)b, (float*)c, ldc, depth, accumulate); break;
            case 2: Tile2((float*)a, (float*)b, (float*)c, ldc, depth, accumulate); break;
            case 1: Tile1((float*)a, (float*)b, (float*)c, ldc, depth, accumulate); break;
            default: throw NoTile(rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        for (var end = b + (nint)depth * 32; b < end; a += 16, b += 64)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var x0 = Vector512.Create(a[0]);
            c00 = Avx512F.FusedMultiplyAdd(x0, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x0, b1, c01);
            var x1 = Vector512.Create(a[1]);
            c10 = Avx512F.FusedMultiplyAdd(x1, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x1, b1, c11);
            var x2 = Vector512.Create(a[2]);
            c20 = Avx512F.FusedMultiplyAdd(x2, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x2, b1, c21);
            var x3 = Vector512.Create(a[3]);
            c30 = Avx512F.FusedMultiplyAdd(x3, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x3, b1, c31);
            var x4 = Vector512.Create(a[4]);
            c40 = Avx512F.FusedMultiplyAdd(x4, b0, c40);
            c41 = Avx512F.FusedMultiplyAdd(x4, b1, c41);
            var x5 = Vector512.Create(a[5]);
            c50 = Avx512F.FusedMultiplyAdd(x5, b0, c50);
            c51 = Avx512F.FusedMultiplyAdd(x5, b1, c51);
            var x6 = Vector512.Create(a[6]);
            c60 = Avx512F.FusedMultiplyAdd(x6, b0, c60);
            c61 = Avx512F.FusedMultiplyAdd(x6, b1, c61);
            var x7 = Vector512.Create(a[7]);
            c70 = Avx512F.FusedMultiplyAdd(x7, b0, c70);
            c71 = Avx512F.FusedMultiplyAdd(x7, b1, c71);
            var d0 = Vector512.Load(b + 32);
            var d1 = Vector512.Load(b + 48);
            var y0 = Vector512.Create(a[8]);
            c00 = Avx512F.FusedMultiplyAdd(y0, d0, c00);
            c01 = Avx512F.FusedMultiplyAdd(y0, d1, c01);
            var y1 = Vector512.Create(a[9]);
            c10 = Avx512F.FusedMultiplyAdd(y1, d0, c10);
            c11 = Avx512F.FusedMultiplyAdd(y1, d1, c11);
            var y2 = Vector512.Create(a[10]);
            c20 = Avx512F.FusedMultiplyAdd(y2, d0, c20);
            c21 = Avx512F.FusedMultiplyAdd(y2, d1, c21);
            var y3 = Vector512.Create(a[11]);
            c30 = Avx512F.FusedMultiplyAdd(y3, d0, c30);
            c31 = Avx512F.FusedMultiplyAdd(y3, d1, c31);
            var y4 = Vector512.Create(a[12]);
            c40 = Avx512F.FusedMultiplyAdd(y4, d0, c40);
            c41 = Avx512F.FusedMultiplyAdd(y4, d1, c41);
            var y5 = Vector512.Create(a[13]);
            c50 = Avx512F.FusedMultiplyAdd(y5, d0, c50);
            c51 = Avx512F.FusedMultiplyAdd(y5, d1, c51);
            var y6 = Vector512.Create(a[14]);
            c60 = Avx512F.FusedMultiplyAdd(y6, d0, c60);
            c61 = Avx512F.FusedMultiplyAdd(y6, d1, c61);
            var y7 = Vector512.Create(a[15]);
            c70 = Avx512F.FusedMultiplyAdd(y7, d0, c70);
            c71 = Avx512F.FusedMultiplyAdd(y7, d1, c71);
        }
        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
        Store(c + 2 * ldc, c20, c21, accumulate);
        Store(c + 3 * ldc, c30, c31, accumulate);
        Store(c + 4 * ldc, c40, c41, accumulate);
        Store(c + 5 * ldc, c50, c51, accumulate);
        Store(c + 6 * ldc, c60, c61, accumulate);
        Store(c + 7 * ldc, c70, c71, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector512<float> c00 = default, c01 = default;
        Vector512<float> c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default;
        Vector512<float> c30 = default, c31 = default;
        for (var end = b + (nint)depth * 32; b < end; a += 4, b += 32)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var x0 = Vector512.Create(a[0]);
            c00 = Avx512F.FusedMultiplyAdd(x0, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x0, b1, c01);
            var x1 = Vector512.Create(a[1]);
            c10 = Avx512F.FusedMultiplyAdd(x1, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x1, b1, c11);
            var x2 = Vector512.Create(a[2]);
            c20 = Avx512F.FusedMultiplyAdd(x2, b0, c20);
            c21 = Avx512F.FusedMultiplyAdd(x2, b1, c21);
            var x3 = Vector512.Create(a[3]);
            c30 = Avx512F.FusedMultiplyAdd(x3, b0, c30);
            c31 = Avx512F.FusedMultiplyAdd(x3, b1, c31);
        }
        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
        Store(c + 2 * ldc, c20, c21, accumulate);
        Store(c + 3 * ldc, c30, c31, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector512<float> c00 = default, c01 = default;
        Vector512<float> c10 = default, c11 = default;
        for (var end = b + (nint)depth * 32; b < end; a += 2, b += 32)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var x0 = Vector512.Create(a[0]);
            c00 = Avx512F.FusedMultiplyAdd(x0, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x0, b1, c01);
            var x1 = Vector512.Create(a[1]);
            c10 = Avx512F.FusedMultiplyAdd(x1, b0, c10);
            c11 = Avx512F.FusedMultiplyAdd(x1, b1, c11);
        }
        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector512<float> c00 = default, c01 = default;
        for (var end = b + (nint)depth * 32; b < end; a += 1, b += 32)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var x0 = Vector512.Create(a[0]);
            c00 = Avx512F.FusedMultiplyAdd(x0, b0, c00);
            c01 = Avx512F.FusedMultiplyAdd(x0, b1, c01);
        }
        Store(c, c00, c01, accumulate);
    }

    private static void Store(float* c, Vector512<float> low, Vector512<float> high, bool accumulate)
    {
        if (accumulate)
        {
            low += Vector512.Load(c);
            high += Vector512.Load(c + 16);
        }
        low.Store(c);
        high.Store(c + 16);
    }
}
