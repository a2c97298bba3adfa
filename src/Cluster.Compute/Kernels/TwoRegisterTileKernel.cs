using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cluster.Compute.Kernels;

/// <summary>8×32 tiles: 16 accumulators of 16 floats, two loads of B and eight broadcasts of A per k, two k per turn.</summary>
internal sealed class Avx512TileKernel() : TwoRegisterTileKernel<Vector512<float>, Floats512, Fp32Panel<Vector512<float>, Floats512>>("avx512", 8);

/// <summary>8×32 tiles on bf16 weights.</summary>
internal sealed class Avx512Bf16TileKernel() : TwoRegisterTileKernel<Vector512<float>, Floats512, Bf16Panel<Vector512<float>, Floats512>>("avx512-bf16", 8);

/// <summary>4×16 tiles on bf16 weights: sixteen registers hold half as many sums.</summary>
internal sealed class Avx2Bf16TileKernel() : TwoRegisterTileKernel<Vector256<float>, Floats256, Bf16Panel<Vector256<float>, Floats256>>("avx2-bf16", 4);

/// <summary>Tiles two registers wide with fp32 sums. The sums are locals, by name, since only those stay in registers.</summary>
internal abstract unsafe class TwoRegisterTileKernel<TVector, TFloats, TPanel>(string name, int tileRows) : TileKernel
    where TFloats : struct, IFloatRegister<TVector>
    where TPanel : struct, IWeightPanel<TVector, TFloats>
{
    public override string Name => name;

    public override GemmFormat Format => TPanel.Format;

    public override bool IsSupported => TFloats.IsSupported;

    public override int TileRows => tileRows;

    public override int PanelWidth => 2 * TFloats.Lanes;

    public override int DepthStep => 2;

    /// <remarks>Optimised at first call: calibration must not time the unoptimised tier.</remarks>
    public override void Tile(int rows, void* a, void* b, void* c, nint ldc, int depth, bool accumulate)
    {
        switch (rows)
        {
            case 8 when tileRows == 8: Tile8((float*)a, (byte*)b, (float*)c, ldc, depth, accumulate); break;
            case 4: Tile4((float*)a, (byte*)b, (float*)c, ldc, depth, accumulate); break;
            case 2: Tile2((float*)a, (byte*)b, (float*)c, ldc, depth, accumulate); break;
            case 1: Tile1((float*)a, (byte*)b, (float*)c, ldc, depth, accumulate); break;
            default: throw NoTile(rows);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8(float* a, byte* b, float* c, nint ldc, int depth, bool accumulate)
    {
        TVector c00 = TFloats.Broadcast(0), c01 = TFloats.Broadcast(0);
        TVector c10 = TFloats.Broadcast(0), c11 = TFloats.Broadcast(0);
        TVector c20 = TFloats.Broadcast(0), c21 = TFloats.Broadcast(0);
        TVector c30 = TFloats.Broadcast(0), c31 = TFloats.Broadcast(0);
        TVector c40 = TFloats.Broadcast(0), c41 = TFloats.Broadcast(0);
        TVector c50 = TFloats.Broadcast(0), c51 = TFloats.Broadcast(0);
        TVector c60 = TFloats.Broadcast(0), c61 = TFloats.Broadcast(0);
        TVector c70 = TFloats.Broadcast(0), c71 = TFloats.Broadcast(0);
        for (var end = b + (nint)(depth / 2) * TPanel.Bytes; b < end; a += 16, b += TPanel.Bytes)
        {
            var (b0, b1) = (TPanel.First(b, 0), TPanel.First(b, 1));
            var x0 = TFloats.Broadcast(a[0]);
            c00 = TFloats.MultiplyAdd(x0, b0, c00);
            c01 = TFloats.MultiplyAdd(x0, b1, c01);
            var x1 = TFloats.Broadcast(a[1]);
            c10 = TFloats.MultiplyAdd(x1, b0, c10);
            c11 = TFloats.MultiplyAdd(x1, b1, c11);
            var x2 = TFloats.Broadcast(a[2]);
            c20 = TFloats.MultiplyAdd(x2, b0, c20);
            c21 = TFloats.MultiplyAdd(x2, b1, c21);
            var x3 = TFloats.Broadcast(a[3]);
            c30 = TFloats.MultiplyAdd(x3, b0, c30);
            c31 = TFloats.MultiplyAdd(x3, b1, c31);
            var x4 = TFloats.Broadcast(a[4]);
            c40 = TFloats.MultiplyAdd(x4, b0, c40);
            c41 = TFloats.MultiplyAdd(x4, b1, c41);
            var x5 = TFloats.Broadcast(a[5]);
            c50 = TFloats.MultiplyAdd(x5, b0, c50);
            c51 = TFloats.MultiplyAdd(x5, b1, c51);
            var x6 = TFloats.Broadcast(a[6]);
            c60 = TFloats.MultiplyAdd(x6, b0, c60);
            c61 = TFloats.MultiplyAdd(x6, b1, c61);
            var x7 = TFloats.Broadcast(a[7]);
            c70 = TFloats.MultiplyAdd(x7, b0, c70);
            c71 = TFloats.MultiplyAdd(x7, b1, c71);
            var (d0, d1) = (TPanel.Second(b, 0), TPanel.Second(b, 1));
            var y0 = TFloats.Broadcast(a[8]);
            c00 = TFloats.MultiplyAdd(y0, d0, c00);
            c01 = TFloats.MultiplyAdd(y0, d1, c01);
            var y1 = TFloats.Broadcast(a[9]);
            c10 = TFloats.MultiplyAdd(y1, d0, c10);
            c11 = TFloats.MultiplyAdd(y1, d1, c11);
            var y2 = TFloats.Broadcast(a[10]);
            c20 = TFloats.MultiplyAdd(y2, d0, c20);
            c21 = TFloats.MultiplyAdd(y2, d1, c21);
            var y3 = TFloats.Broadcast(a[11]);
            c30 = TFloats.MultiplyAdd(y3, d0, c30);
            c31 = TFloats.MultiplyAdd(y3, d1, c31);
            var y4 = TFloats.Broadcast(a[12]);
            c40 = TFloats.MultiplyAdd(y4, d0, c40);
            c41 = TFloats.MultiplyAdd(y4, d1, c41);
            var y5 = TFloats.Broadcast(a[13]);
            c50 = TFloats.MultiplyAdd(y5, d0, c50);
            c51 = TFloats.MultiplyAdd(y5, d1, c51);
            var y6 = TFloats.Broadcast(a[14]);
            c60 = TFloats.MultiplyAdd(y6, d0, c60);
            c61 = TFloats.MultiplyAdd(y6, d1, c61);
            var y7 = TFloats.Broadcast(a[15]);
            c70 = TFloats.MultiplyAdd(y7, d0, c70);
            c71 = TFloats.MultiplyAdd(y7, d1, c71);
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
    private static void Tile4(float* a, byte* b, float* c, nint ldc, int depth, bool accumulate)
    {
        TVector c00 = TFloats.Broadcast(0), c01 = TFloats.Broadcast(0);
        TVector c10 = TFloats.Broadcast(0), c11 = TFloats.Broadcast(0);
        TVector c20 = TFloats.Broadcast(0), c21 = TFloats.Broadcast(0);
        TVector c30 = TFloats.Broadcast(0), c31 = TFloats.Broadcast(0);
        for (var end = b + (nint)(depth / 2) * TPanel.Bytes; b < end; a += 8, b += TPanel.Bytes)
        {
            var (b0, b1) = (TPanel.First(b, 0), TPanel.First(b, 1));
            var x0 = TFloats.Broadcast(a[0]);
            c00 = TFloats.MultiplyAdd(x0, b0, c00);
            c01 = TFloats.MultiplyAdd(x0, b1, c01);
            var x1 = TFloats.Broadcast(a[1]);
            c10 = TFloats.MultiplyAdd(x1, b0, c10);
            c11 = TFloats.MultiplyAdd(x1, b1, c11);
            var x2 = TFloats.Broadcast(a[2]);
            c20 = TFloats.MultiplyAdd(x2, b0, c20);
            c21 = TFloats.MultiplyAdd(x2, b1, c21);
            var x3 = TFloats.Broadcast(a[3]);
            c30 = TFloats.MultiplyAdd(x3, b0, c30);
            c31 = TFloats.MultiplyAdd(x3, b1, c31);
            var (d0, d1) = (TPanel.Second(b, 0), TPanel.Second(b, 1));
            var y0 = TFloats.Broadcast(a[4]);
            c00 = TFloats.MultiplyAdd(y0, d0, c00);
            c01 = TFloats.MultiplyAdd(y0, d1, c01);
            var y1 = TFloats.Broadcast(a[5]);
            c10 = TFloats.MultiplyAdd(y1, d0, c10);
            c11 = TFloats.MultiplyAdd(y1, d1, c11);
            var y2 = TFloats.Broadcast(a[6]);
            c20 = TFloats.MultiplyAdd(y2, d0, c20);
            c21 = TFloats.MultiplyAdd(y2, d1, c21);
            var y3 = TFloats.Broadcast(a[7]);
            c30 = TFloats.MultiplyAdd(y3, d0, c30);
            c31 = TFloats.MultiplyAdd(y3, d1, c31);
        }

        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
        Store(c + 2 * ldc, c20, c21, accumulate);
        Store(c + 3 * ldc, c30, c31, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile2(float* a, byte* b, float* c, nint ldc, int depth, bool accumulate)
    {
        TVector c00 = TFloats.Broadcast(0), c01 = TFloats.Broadcast(0);
        TVector c10 = TFloats.Broadcast(0), c11 = TFloats.Broadcast(0);
        for (var end = b + (nint)(depth / 2) * TPanel.Bytes; b < end; a += 4, b += TPanel.Bytes)
        {
            var (b0, b1) = (TPanel.First(b, 0), TPanel.First(b, 1));
            var x0 = TFloats.Broadcast(a[0]);
            c00 = TFloats.MultiplyAdd(x0, b0, c00);
            c01 = TFloats.MultiplyAdd(x0, b1, c01);
            var x1 = TFloats.Broadcast(a[1]);
            c10 = TFloats.MultiplyAdd(x1, b0, c10);
            c11 = TFloats.MultiplyAdd(x1, b1, c11);
            var (d0, d1) = (TPanel.Second(b, 0), TPanel.Second(b, 1));
            var y0 = TFloats.Broadcast(a[2]);
            c00 = TFloats.MultiplyAdd(y0, d0, c00);
            c01 = TFloats.MultiplyAdd(y0, d1, c01);
            var y1 = TFloats.Broadcast(a[3]);
            c10 = TFloats.MultiplyAdd(y1, d0, c10);
            c11 = TFloats.MultiplyAdd(y1, d1, c11);
        }

        Store(c, c00, c01, accumulate);
        Store(c + ldc, c10, c11, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1(float* a, byte* b, float* c, nint ldc, int depth, bool accumulate)
    {
        TVector c00 = TFloats.Broadcast(0), c01 = TFloats.Broadcast(0);
        for (var end = b + (nint)(depth / 2) * TPanel.Bytes; b < end; a += 2, b += TPanel.Bytes)
        {
            var (b0, b1) = (TPanel.First(b, 0), TPanel.First(b, 1));
            var x0 = TFloats.Broadcast(a[0]);
            c00 = TFloats.MultiplyAdd(x0, b0, c00);
            c01 = TFloats.MultiplyAdd(x0, b1, c01);
            var (d0, d1) = (TPanel.Second(b, 0), TPanel.Second(b, 1));
            var y0 = TFloats.Broadcast(a[1]);
            c00 = TFloats.MultiplyAdd(y0, d0, c00);
            c01 = TFloats.MultiplyAdd(y0, d1, c01);
        }

        Store(c, c00, c01, accumulate);
    }

    private static void Store(float* c, TVector low, TVector high, bool accumulate)
    {
        if (accumulate)
        {
            low = TFloats.Add(low, TFloats.Load(c));
            high = TFloats.Add(high, TFloats.Load(c + TFloats.Lanes));
        }

        TFloats.Store(c, low);
        TFloats.Store(c + TFloats.Lanes, high);
    }
}
