namespace Cluster.Compute.Kernels;

/// <summary>
/// C[m,n] = A[m,k]·B[k,n] in fp32 on one thread. B is packed once; each panel of it is read from memory once per
/// <see cref="RowBlock"/> rows of A, in slices of k that stay in the first-level cache while the rows pass by.
/// </summary>
public sealed unsafe class Gemm : IDisposable
{
    /// <summary>Values of k per slice: 256 × 32 columns × 4 bytes = 32 KiB, the first-level cache of an x86 core.</summary>
    private const int DepthBlock = 256;

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

    /// <summary>Rows of A that pass over a panel before the next: keeps their share of A in the second-level cache.</summary>
    private int RowBlock => Math.Max(_kernel.TileRows, 256 * 1024 / _rows.K / _kernel.TileRows * _kernel.TileRows);

    /// <param name="activations">A, row-major [rows][k].</param>
    /// <param name="result">C, row-major [rows][n]; overwritten.</param>
    /// <exception cref="ArgumentException">Shapes disagree, or the weights were packed for another kernel.</exception>
    public void Multiply(ReadOnlySpan<float> activations, int rows, PackedWeights weights, Span<float> result)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.K != _rows.K || weights.PanelWidth != _kernel.PanelWidth)
            throw new ArgumentException($"weights are [{weights.K}] deep in panels of {weights.PanelWidth}; this GEMM takes [{_rows.K}] in panels of {_kernel.PanelWidth}.", nameof(weights));
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
        for (var k = 0; k < weights.K; k += DepthBlock)
        {
            var depth = Math.Min(DepthBlock, weights.K - k);
            var b = weights.Panel(panel) + (nint)k * width;
            for (var row = firstRow; row < endRow;)
            {
                var group = PackedRows.GroupRows(row, _rows.Rows, _kernel.TileRows);
                var a = _rows.Pointer + (nint)row * weights.K + (nint)k * group;
                var target = c + (nint)row * weights.N + (nint)panel * width;
                if (columns == width) _kernel.Tile(group, a, b, target, weights.N, depth, k > 0);
                else MultiplyEdge(group, columns, a, b, target, weights.N, depth, k > 0);
                row += group;
            }
        }
    }

    /// <summary>The last panel may be wider than C: compute beside it, copy what belongs.</summary>
    private void MultiplyEdge(int group, int columns, float* a, float* b, float* c, nint ldc, int depth, bool accumulate)
    {
        var edge = (float*)_edge.Pointer;
        _kernel.Tile(group, a, b, edge, _kernel.PanelWidth, depth, accumulate: false);
        for (var row = 0; row < group; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var value = edge[row * _kernel.PanelWidth + column];
                c[row * ldc + column] = accumulate ? c[row * ldc + column] + value : value;
            }
        }
    }
}
