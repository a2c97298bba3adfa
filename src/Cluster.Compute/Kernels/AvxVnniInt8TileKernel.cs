using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cluster.Compute.Kernels;

/// <summary>4×24 tiles of 8-bit integers: each instruction multiplies 32 pairs and adds them, four by four, to 8 sums of 32 bits.</summary>
public sealed unsafe class AvxVnniInt8TileKernel : TileKernel
{
    public override string Name => "avxvnni-int8";

    public override GemmFormat Format => GemmFormat.Int8;

    public override bool IsSupported => AvxVnni.IsSupported;

    public override int TileRows => 4;

    public override int PanelWidth => 24;

    public override int DepthStep => 4;

    /// <remarks>Optimised at first call: calibration must not time the unoptimised tier.</remarks>
    public override void Tile(int rows, void* a, void* b, void* c, nint ldc, int depth, bool accumulate)
    {
        switch (rows)
        {
            case 4: Tile4((int*)a, (sbyte*)b, (int*)c, ldc, depth, accumulate); break;
            case 2: Tile2((int*)a, (sbyte*)b, (int*)c, ldc, depth, accumulate); break;
            case 1: Tile1((int*)a, (sbyte*)b, (int*)c, ldc, depth, accumulate); break;
            default: throw NoTile(rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(int* a, sbyte* b, int* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<int> c00 = default, c01 = default, c02 = default;
        Vector256<int> c10 = default, c11 = default, c12 = default;
        Vector256<int> c20 = default, c21 = default, c22 = default;
        Vector256<int> c30 = default, c31 = default, c32 = default;
        for (var end = b + (nint)depth * 24; b < end; a += 4, b += 96)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 32);
            var b2 = Vector256.Load(b + 64);
            var x0 = Vector256.Create(a[0]).AsByte();
            c00 = AvxVnni.MultiplyWideningAndAdd(c00, x0, b0);
            c01 = AvxVnni.MultiplyWideningAndAdd(c01, x0, b1);
            c02 = AvxVnni.MultiplyWideningAndAdd(c02, x0, b2);
            var x1 = Vector256.Create(a[1]).AsByte();
            c10 = AvxVnni.MultiplyWideningAndAdd(c10, x1, b0);
            c11 = AvxVnni.MultiplyWideningAndAdd(c11, x1, b1);
            c12 = AvxVnni.MultiplyWideningAndAdd(c12, x1, b2);
            var x2 = Vector256.Create(a[2]).AsByte();
            c20 = AvxVnni.MultiplyWideningAndAdd(c20, x2, b0);
            c21 = AvxVnni.MultiplyWideningAndAdd(c21, x2, b1);
            c22 = AvxVnni.MultiplyWideningAndAdd(c22, x2, b2);
            var x3 = Vector256.Create(a[3]).AsByte();
            c30 = AvxVnni.MultiplyWideningAndAdd(c30, x3, b0);
            c31 = AvxVnni.MultiplyWideningAndAdd(c31, x3, b1);
            c32 = AvxVnni.MultiplyWideningAndAdd(c32, x3, b2);
        }
        Store(c, c00, c01, c02, accumulate);
        Store(c + ldc, c10, c11, c12, accumulate);
        Store(c + 2 * ldc, c20, c21, c22, accumulate);
        Store(c + 3 * ldc, c30, c31, c32, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2(int* a, sbyte* b, int* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<int> c00 = default, c01 = default, c02 = default;
        Vector256<int> c10 = default, c11 = default, c12 = default;
        for (var end = b + (nint)depth * 24; b < end; a += 2, b += 96)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 32);
            var b2 = Vector256.Load(b + 64);
            var x0 = Vector256.Create(a[0]).AsByte();
            c00 = AvxVnni.MultiplyWideningAndAdd(c00, x0, b0);
            c01 = AvxVnni.MultiplyWideningAndAdd(c01, x0, b1);
            c02 = AvxVnni.MultiplyWideningAndAdd(c02, x0, b2);
            var x1 = Vector256.Create(a[1]).AsByte();
            c10 = AvxVnni.MultiplyWideningAndAdd(c10, x1, b0);
            c11 = AvxVnni.MultiplyWideningAndAdd(c11, x1, b1);
            c12 = AvxVnni.MultiplyWideningAndAdd(c12, x1, b2);
        }
        Store(c, c00, c01, c02, accumulate);
        Store(c + ldc, c10, c11, c12, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1(int* a, sbyte* b, int* c, nint ldc, int depth, bool accumulate)
    {
        Vector256<int> c00 = default, c01 = default, c02 = default;
        for (var end = b + (nint)depth * 24; b < end; a += 1, b += 96)
        {
            var b0 = Vector256.Load(b);
            var b1 = Vector256.Load(b + 32);
            var b2 = Vector256.Load(b + 64);
            var x0 = Vector256.Create(a[0]).AsByte();
            c00 = AvxVnni.MultiplyWideningAndAdd(c00, x0, b0);
            c01 = AvxVnni.MultiplyWideningAndAdd(c01, x0, b1);
            c02 = AvxVnni.MultiplyWideningAndAdd(c02, x0, b2);
        }
        Store(c, c00, c01, c02, accumulate);
    }

    private static void Store(int* c, Vector256<int> low, Vector256<int> middle, Vector256<int> high, bool accumulate)
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
