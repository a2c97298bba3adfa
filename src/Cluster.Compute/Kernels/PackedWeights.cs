namespace Cluster.Compute.Kernels;

/// <summary>
/// The B of C[m,n] = A[m,k]·B[k,n], laid out once for a kernel: panels of <see cref="PanelWidth"/> columns, each [k][PanelWidth]
/// and contiguous, the last padded with zero columns. Read-only afterwards and shared by threads.
/// </summary>
public sealed unsafe class PackedWeights : IDisposable
{
    private readonly AlignedBuffer _buffer;

    private PackedWeights(int k, int n, int panelWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        (K, N, PanelWidth) = (k, n, panelWidth);
        Panels = (n + panelWidth - 1) / panelWidth;
        _buffer = new AlignedBuffer((long)Panels * k * panelWidth * sizeof(float));
    }

    public int K { get; }

    public int N { get; }

    public int PanelWidth { get; }

    public int Panels { get; }

    public long ByteLength => _buffer.ByteLength;

    /// <param name="weights">B, row-major [k][n].</param>
    /// <exception cref="ArgumentException"><paramref name="weights"/> is not k·n long.</exception>
    public static PackedWeights Pack(TileKernel kernel, ReadOnlySpan<float> weights, int k, int n)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (weights.Length != (long)k * n)
            throw new ArgumentException($"B has {weights.Length} elements; [{k}][{n}] needs {(long)k * n}.", nameof(weights));
        var packed = new PackedWeights(k, n, kernel.PanelWidth);
        for (var panel = 0; panel < packed.Panels; panel++)
        {
            var first = panel * kernel.PanelWidth;
            var width = Math.Min(kernel.PanelWidth, n - first);
            var target = packed.Panel(panel);
            for (var row = 0; row < k; row++)
            {
                weights.Slice(row * n + first, width).CopyTo(new Span<float>(target, width));
                target += kernel.PanelWidth;
            }
        }
        return packed;
    }

    /// <summary>Weights of no meaning, in [-1, 1), for work that only has to take as long as the real thing.</summary>
    public static PackedWeights Synthetic(TileKernel kernel, int k, int n)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        var packed = new PackedWeights(k, n, kernel.PanelWidth);
        var values = (float*)packed._buffer.Pointer;
        var state = 0x9E3779B9u;
        for (long i = 0; i < packed.ByteLength / sizeof(float); i++)
        {
            state = state * 1664525 + 1013904223;
            values[i] = (int)state * (1f / int.MaxValue);
        }
        return packed;
    }

    /// <summary>Where panel <paramref name="index"/> starts.</summary>
    public float* Panel(int index) => (float*)_buffer.Pointer + (long)index * K * PanelWidth;

    public void Dispose() => _buffer.Dispose();
}
