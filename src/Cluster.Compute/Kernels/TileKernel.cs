namespace Cluster.Compute.Kernels;

/// <summary>
/// The innermost product of a GEMM, a class per instruction set and format: a tile of C, at most <see cref="TileRows"/> rows by
/// exactly <see cref="PanelWidth"/> columns, kept in registers over <c>depth</c> values of k (Goto and van de Geijn 2008).
/// </summary>
public abstract unsafe class TileKernel
{
    /// <summary>What <c>XPYD_GEMM_KERNEL</c> and <see cref="ComputeOptions.Kernel"/> call it.</summary>
    public abstract string Name { get; }

    /// <summary>What it multiplies.</summary>
    public virtual GemmFormat Format => GemmFormat.Fp32;

    /// <summary>Does this CPU have the instructions?</summary>
    public abstract bool IsSupported { get; }

    /// <summary>Most rows of one tile: a power of two. Smaller powers of two are tiles as well.</summary>
    public abstract int TileRows { get; }

    /// <summary>Columns of one tile and of one panel of packed weights.</summary>
    public abstract int PanelWidth { get; }

    /// <summary>k is padded with zeros to a multiple of this, and so is every <c>depth</c>.</summary>
    public abstract int DepthStep { get; }

    /// <summary>C[rows, PanelWidth] = A·B, or += when <paramref name="accumulate"/>.</summary>
    /// <param name="rows">A power of two, at most <see cref="TileRows"/>.</param>
    /// <param name="a">
    /// [depth ÷ i][rows][i]: the tile's rows interleaved, as <see cref="PackedRows"/> lays them; i is 4 unsigned bytes for int8,
    /// one fp32 otherwise.
    /// </param>
    /// <param name="b">[depth ÷ i][PanelWidth][i], i = <see cref="GemmFormats.Interleave"/>, as <see cref="PackedWeights"/> lays them.</param>
    /// <param name="c">Row-major fp32, or 32-bit integers for int8; <paramref name="ldc"/> elements between rows.</param>
    /// <param name="depth">Values of k: a multiple of <see cref="DepthStep"/>.</param>
    public abstract void Tile(int rows, void* a, void* b, void* c, nint ldc, int depth, bool accumulate);

    /// <summary><paramref name="k"/> with its padding.</summary>
    internal int Padded(int k) => (k + DepthStep - 1) / DepthStep * DepthStep;

    /// <summary>For a number of rows that is no tile.</summary>
    protected static ArgumentOutOfRangeException NoTile(int rows) => new(nameof(rows), rows, "a power of two up to TileRows");
}
