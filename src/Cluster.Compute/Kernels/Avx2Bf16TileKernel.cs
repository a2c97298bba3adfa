using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Compute.Kernels;

/// <summary>4×16 tiles on bf16 weights, widened like those of <see cref="Avx512Bf16TileKernel"/>.</summary>
public sealed unsafe class Avx2Bf16TileKernel : TileKernel
{
    public override string Name => "avx2-bf16";

    public override GemmFormat Format => GemmFormat.Bf16;

    public override bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public override int TileRows => 4;

    public override int PanelWidth => 16;

    public override int DepthStep => 2;

    /// <remarks>Optimised at first call: calibration must not time the unoptimised tier.</remarks>
    public override void Tile(int rows, void* a, void* b, void* c, nint ldc, int depth, bool accumulate)
    {
        switch (rows)
        {
            case 4: Tile4((float*)a, (uint*)b, (float*)c, ldc, depth, accumulate); break;
            case 2: Tile2((float*)a, (uint*)b, (float*)c, ldc, depth, accumulate); break;
            case 1: Tile1((float*)a, (uint*)b, (float*)c, ldc, depth, accumulate); break;
            default: throw NoTile(rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(float* a, uint* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default;
        Vector256<float> c10 = default, c11 = default;
        Vector256<float> c20 = default, c21 = default;
        Vector256<float> c30 = default, c31 = default;
        for (var end = b + (nint)(depth / 2) * 16; b < end; a += 8, b += 16)
        {
            var p0 = Vector256.Load(b);
            var p1 = Vector256.Load(b + 8);
            var b0 = Low(p0);
            var b1 = Low(p1);
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
            var d0 = High(p0);
            var d1 = High(p1);
            var y0 = Vector256.Create(a[4]);
            c00 = Fma.MultiplyAdd(y0, d0, c00);
            c01 = Fma.MultiplyAdd(y0, d1, c01);
            var y1 = Vector256.Create(a[5]);
            c10 = Fma.MultiplyAdd(y1, d0, c10);
            c11 = Fma.MultiplyAdd(y1, d1, c11);
            var y2 = Vector256.Create(a[6]);
            c20 = Fma.MultiplyAdd(y2, d0, c20);
            c21 = Fma.MultiplyAdd(y2, d1, c21);
            var y3 = Vector256.Create(a[7]);
            c30 = Fma.MultiplyAdd(y3, d0, c30);
            c31 = Fma.MultiplyAdd(y3, d1, c31);
        }
        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
        Store(c + 2 * ldc, c20, c21, accumulate);
        Store(c + 3 * ldc, c30, c31, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2(float* a, uint* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default;
        Vector256<float> c10 = default, c11 = default;
        for (var end = b + (nint)(depth / 2) * 16; b < end; a += 4, b += 16)
        {
            var p0 = Vector256.Load(b);
            var p1 = Vector256.Load(b + 8);
            var b0 = Low(p0);
            var b1 = Low(p1);
            var x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            var x1 = Vector256.Create(a[1]);
            c10 = Fma.MultiplyAdd(x1, b0, c10);
            c11 = Fma.MultiplyAdd(x1, b1, c11);
            var d0 = High(p0);
            var d1 = High(p1);
            var y0 = Vector256.Create(a[2]);
            c00 = Fma.MultiplyAdd(y0, d0, c00);
            c01 = Fma.MultiplyAdd(y0, d1, c01);
            var y1 = Vector256.Create(a[3]);
            c10 = Fma.MultiplyAdd(y1, d0, c10);
            c11 = Fma.MultiplyAdd(y1, d1, c11);
        }
        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1(float* a, uint* b, float* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<float> c00 = default, c01 = default;
        for (var end = b + (nint)(depth / 2) * 16; b < end; a += 2, b += 16)
        {
            var p0 = Vector256.Load(b);
            var p1 = Vector256.Load(b + 8);
            var b0 = Low(p0);
            var b1 = Low(p1);
            var x0 = Vector256.Create(a[0]);
            c00 = Fma.MultiplyAdd(x0, b0, c00);
            c01 = Fma.MultiplyAdd(x0, b1, c01);
            var d0 = High(p0);
            var d1 = High(p1);
            var y0 = Vector256.Create(a[1]);
            c00 = Fma.MultiplyAdd(y0, d0, c00);
            c01 = Fma.MultiplyAdd(y0, d1, c01);
        }
        Store(c, c00, c01, accumulate);
    }

    /// <summary>The first k of each pair: 16 bits further up, a bf16 is the fp32 of the same value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Low(Vector256<uint> pairs) => Vector256.ShiftLeft(pairs, 16).AsSingle();

    /// <summary>The second k of each pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> High(Vector256<uint> pairs) => (pairs & Vector256.Create(0xFFFF0000u)).AsSingle();

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
