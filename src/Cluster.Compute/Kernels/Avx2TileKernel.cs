using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Compute.Kernels;

/// <summary>4×24 tiles: 12 accumulators of 8 floats, three loads of B and a broadcast of A fill the sixteen registers; two k per turn.</summary>
public sealed unsafe class Avx2TileKernel : TileKernel
{
    public override string Name => "avx2";

    public override bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public override int TileRows => 4;

    public override int PanelWidth => 24;

    public override int DepthStep => 2;

    /// <remarks>Optimised at first call: calibration must not time the unoptimised tier.</remarks>
    public override void Tile(int rows, void* a, void* b, void* c, nint ldc, int depth, bool accumulate)
    {
        switch (rows)
        {
            case 4: Tile4((float*)a, (float*)b, (float*)c, ldc, depth, accumulate); break;
            case 2: Tile2((float*)a, (float*)b, (float*)c, ldc, depth, accumulate); break;
            case 1: Tile1((float*)a, (float*)b, (float*)c, ldc, depth, accumulate); break;
            default: throw NoTile(rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default, c02 = default;
        Vector256<float> c10 = default, c11 = default, c12 = default;
        Vector256<float> c20 = default, c21 = default, c22 = default;
        Vector256<float> c30 = default, c31 = default, c32 = default;
        for (var end = b + (nint)depth * 24; b < end; a += 8, b += 48)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var b2 = Vector256.Load(b + 16);
            var x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            c02 = Fma.MultiplyAdd(x0, b2, c02);
            var x1 = Vector256.Create(a[1]);
            c10 = Fma.MultiplyAdd(x1, b0, c10);
            c11 = Fma.MultiplyAdd(x1, b1, c11);
            c12 = Fma.MultiplyAdd(x1, b2, c12);
            var x2 = Vector256.Create(a[2]);
            c20 = Fma.MultiplyAdd(x2, b0, c20);
            c21 = Fma.MultiplyAdd(x2, b1, c21);
            c22 = Fma.MultiplyAdd(x2, b2, c22);
            var x3 = Vector256.Create(a[3]);
            c30 = Fma.MultiplyAdd(x3, b0, c30);
            c31 = Fma.MultiplyAdd(x3, b1, c31);
            c32 = Fma.MultiplyAdd(x3, b2, c32);
            var d0 = Vector256.Load(b + 24);
            var d1 = Vector256.Load(b + 32);
            var d2 = Vector256.Load(b + 40);
            var y0 = Vector256.Create(a[4]);
            c00 = Fma.MultiplyAdd(y0, d0, c00);
            c01 = Fma.MultiplyAdd(y0, d1, c01);
            c02 = Fma.MultiplyAdd(y0, d2, c02);
            var y1 = Vector256.Create(a[5]);
            c10 = Fma.MultiplyAdd(y1, d0, c10);
            c11 = Fma.MultiplyAdd(y1, d1, c11);
            c12 = Fma.MultiplyAdd(y1, d2, c12);
            var y2 = Vector256.Create(a[6]);
            c20 = Fma.MultiplyAdd(y2, d0, c20);
            c21 = Fma.MultiplyAdd(y2, d1, c21);
            c22 = Fma.MultiplyAdd(y2, d2, c22);
            var y3 = Vector256.Create(a[7]);
            c30 = Fma.MultiplyAdd(y3, d0, c30);
            c31 = Fma.MultiplyAdd(y3, d1, c31);
            c32 = Fma.MultiplyAdd(y3, d2, c32);
        }
        Store(c, c00, c01, c02, accumulate);
        Store(c + ldc, c10, c11, c12, accumulate);
        Store(c + 2 * ldc, c20, c21, c22, accumulate);
        Store(c + 3 * ldc, c30, c31, c32, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default, c02 = default;
        Vector256<float> c10 = default, c11 = default, c12 = default;
        for (var end = b + (nint)depth * 24; b < end; a += 2, b += 24)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var b2 = Vector256.Load(b + 16);
            var x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            c02 = Fma.MultiplyAdd(x0, b2, c02);
            var x1 = Vector256.Create(a[1]);
            c10 = Fma.MultiplyAdd(x1, b0, c10);
            c11 = Fma.MultiplyAdd(x1, b1, c11);
            c12 = Fma.MultiplyAdd(x1, b2, c12);
        }
        Store(c, c00, c01, c02, accumulate);
        Store(c + ldc, c10, c11, c12, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1(float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default, c02 = default;
        for (var end = b + (nint)depth * 24; b < end; a += 1, b += 24)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 8);
            var b2 = Vector256.Load(b + 16);
            var x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            c02 = Fma.MultiplyAdd(x0, b2, c02);
        }
        Store(c, c00, c01, c02, accumulate);
    }

    private static void Store(float* c, Vector256<float> low, Vector256<float> middle, Vector256<float> high, bool accumulate)
    {
        if (accumulate)
        {
            low += Vector256.Load(c);
            middle += Vector256.Load(c + 8);
            high += Vector256.Load(c + 16);
        }
        low.Store(c);
        middle.Store(c + 8);
        high.Store(c + 16);
    }
}
