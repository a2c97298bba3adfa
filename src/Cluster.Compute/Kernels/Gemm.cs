using System.Runtime.Intrinsics.X86;

namespace Cluster.Compute.Kernels;

/// <summary>
/// C[m,n] = A[m,k]·B[k,n] on one thread, in its kernel's format. B is packed once; each panel of it is read from memory once per
/// <see cref="RowBlock"/> rows of A, in slices of k that stay in the first-level cache while the rows pass by; as they do, the
/// next slice is fetched.
/// </summary>
public sealed unsafe class Gemm : IDisposable
{
    /// <summary>Bytes of one column in a slice of k: at 32 columns of fp32, 32 KiB, the first-level cache of an x86 core.</summary>
    private const int ColumnBytes = 1024;
    private const int CacheLine = 64;

    private readonly TileKernel _kernel;
    private readonly PackedRows _rows;
    private readonly AlignedBuffer _edge;

    /// <param name="maxRows">Largest m that <see cref="Multiply"/> will see.</param>
    public Gemm(TileKernel kernel, int maxRows, int k)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        _kernel = kernel;
        _rows = new PackedRows(kernel, maxRows, k);
        _edge = new AlignedBuffer((long)kernel.TileRows * kernel.PanelWidth * sizeof(float));
    }

    /// <summary>Values of k per slice.</summary>
    private int DepthBlock => ColumnBytes / _kernel.Format.WeightBytes();

    /// <summary>Rows of A that pass over a panel before the next: keeps their share of A in the second-level cache.</summary>
    private int RowBlock => Math.Max(_kernel.TileRows, (int)((1 << 20) / _rows.RowBytes) / _kernel.TileRows * _kernel.TileRows);

    /// <param name="activations">A, row-major [rows][k].</param>
    /// <param name="result">C, row-major [rows][n]; overwritten.</param>
    /// <exception cref="ArgumentException">Shapes disagree, or the weights were packed for another kernel.</exception>
    public void Multiply(ReadOnlySpan<float> activations, int rows, PackedWeights weights, Span<float> result)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.K != _rows.K || weights.Kernel != _kernel)
            throw new ArgumentException($"weights are [{weights.K}] deep for kernel {weights.Kernel.Name}; this GEMM takes [{_rows.K}] for {_kernel.Name}.", nameof(weights));
        if (result.Length != (long)rows * weights.N)
            throw new ArgumentException($"C has {result.Length} elements; [{rows}][{weights.N}] needs {(long)rows * weights.N}.", nameof(result));
        _rows.Pack(activations, rows);
        fixed (float* c = result)
        {
            for (var first = 0; first < rows; first += RowBlock)
            {
                var end = Math.Min(rows, first + RowBlock);
                for (var panel = 0; panel < weights.Panels; panel++) MultiplyPanel(first, end, weights, panel, c);
            }

            if (_kernel.Format == GemmFormat.Int8) Quantisation.Restore(c, rows, weights.N, _rows.Scales, weights.Scales, weights.Sums);
        }
    }

    public void Dispose()
    {
        _rows.Dispose();
        _edge.Dispose();
    }

    private void MultiplyPanel(int firstRow, int endRow, PackedWeights weights, int panel, float* c)
    {
        var width = weights.PanelWidth;
        var columns = Math.Min(width, weights.N - panel * width);
        var activationBytes = _kernel.Format.ActivationBytes();
        var tiles = (endRow - firstRow + _kernel.TileRows - 1) / _kernel.TileRows;
        for (var k = 0; k < weights.Depth; k += DepthBlock)
        {
            var depth = Math.Min(DepthBlock, weights.Depth - k);
            var sliceBytes = (nint)depth * width * _kernel.Format.WeightBytes();
            var b = weights.Panel(panel) + (nint)k * width * _kernel.Format.WeightBytes();
            var next = b + sliceBytes;
            var share = (sliceBytes / tiles + CacheLine - 1) / CacheLine * CacheLine;
            for (var row = firstRow; row < endRow;)
            {
                var group = PackedRows.GroupRows(row, _rows.Rows, _kernel.TileRows);
                var a = _rows.Pointer + (nint)row * _rows.RowBytes + (nint)k * group * activationBytes;
                var target = c + (nint)row * weights.N + (nint)panel * width;
                if (columns == width) _kernel.Tile(group, a, b, target, weights.N, depth, k > 0);
                else MultiplyEdge(group, columns, a, b, target, weights.N, depth, k > 0);
                next = Prefetch(next, share);
                row += group;
            }
        }
    }

    /// <summary>The slice that comes next waits for memory otherwise, and few rows pass over each. Beyond the end of the weights it does nothing.</summary>
    private static byte* Prefetch(byte* next, nint bytes)
    {
        if (!Sse.IsSupported) return next;
        for (var end = next + bytes; next < end; next += CacheLine) Sse.Prefetch0(next);
        return next;
    }

    /// <summary>The last panel may be wider than C: compute beside it, copy what belongs.</summary>
    private void MultiplyEdge(int group, int columns, byte* a, byte* b, float* c, nint ldc, int depth, bool accumulate)
    {
        var edge = (float*)_edge.Pointer;
        _kernel.Tile(group, a, b, edge, _kernel.PanelWidth, depth, accumulate: false);
        for (var row = 0; row < group; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var from = edge + row * _kernel.PanelWidth + column;
                var to = c + row * ldc + column;
                if (_kernel.Format == GemmFormat.Int8) *(int*)to = *(int*)from + (accumulate ? *(int*)to : 0);
                else *to = *from + (accumulate ? *to : 0);
            }
        }
    }
}
