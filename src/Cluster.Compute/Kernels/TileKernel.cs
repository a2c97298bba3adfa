namespace Cluster.Compute.Kernels;

/// <summary>
/// The innermost product of an fp32 GEMM, one file per instruction set: a tile of C, at most <see cref="TileRows"/> rows by
/// exactly <see cref="PanelWidth"/> columns, kept in registers over <c>depth</c> values of k (Goto and van de Geijn 2008).
/// </summary>
public abstract unsafe class TileKernel
{
    /// <summary>What <c>XPYD_GEMM_KERNEL</c> and <see cref="ComputeOptions.Kernel"/> call it.</summary>
    public abstract string Name { get; }

    /// <summary>Does this CPU have the instructions?</summary>
    public abstract bool IsSupported { get; }

    /// <summary>Most rows of one tile: a power of two. Smaller powers of two are tiles as well.</summary>
    public abstract int TileRows { get; }

    /// <summary>Columns of one tile and of one panel of packed weights.</summary>
    public abstract int PanelWidth { get; }

    /// <summary>C[rows, PanelWidth] = A·B, or += when <paramref name="accumulate"/>.</summary>
    /// <param name="rows">A power of two, at most <see cref="TileRows"/>.</param>
    /// <param name="a">[depth][rows]: the tile's rows interleaved, as <see cref="PackedRows"/> lays them.</param>
    /// <param name="b">[depth][PanelWidth], as <see cref="PackedWeights"/> lays them.</param>
    /// <param name="c">Row-major, <paramref name="ldc"/> elements between rows.</param>
    public abstract void Tile(int rows, float* a, float* b, float* c, nint ldc, int depth, bool accumulate);
}
