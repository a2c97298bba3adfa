namespace Cluster.Compute.Kernels;

/// <summary>
/// The B of C[m,n] = A[m,k]·B[k,n], laid out once for a kernel: panels of <see cref="PanelWidth"/> columns, each
/// [k ÷ i][PanelWidth][i] with i = <see cref="GemmFormats.Interleave"/>, contiguous, k and the last panel padded with zeros.
/// Read-only afterwards and shared by threads.
/// </summary>
public sealed unsafe class PackedWeights : IDisposable
{
    private readonly AlignedBuffer _buffer;

    private PackedWeights(TileKernel kernel, int k, int n)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        (Kernel, K, N, Depth) = (kernel, k, n, kernel.Padded(k));
        Panels = (n + PanelWidth - 1) / PanelWidth;
        _buffer = new AlignedBuffer(Panels * PanelBytes);
    }

    /// <summary>Whom the layout suits.</summary>
    public TileKernel Kernel { get; }

    public int K { get; }

    public int N { get; }

    /// <summary>k with its padding.</summary>
    public int Depth { get; }

    public int PanelWidth => Kernel.PanelWidth;

    public int Panels { get; }

    public long PanelBytes => (long)Depth * PanelWidth * Kernel.Format.WeightBytes();

    public long ByteLength => _buffer.ByteLength;

    /// <summary>What one unit of each column's int8 weights stands for; empty in other formats.</summary>
    internal float[] Scales { get; private set; } = [];

    /// <summary>Sum of each column's int8 weights: what the offset of unsigned activations adds, over 128.</summary>
    internal int[] Sums { get; private set; } = [];

    /// <param name="weights">B, row-major [k][n].</param>
    /// <exception cref="ArgumentException"><paramref name="weights"/> is not k·n long.</exception>
    public static PackedWeights Pack(TileKernel kernel, ReadOnlySpan<float> weights, int k, int n)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (weights.Length != (long)k * n)
            throw new ArgumentException($"B has {weights.Length} elements; [{k}][{n}] needs {(long)k * n}.", nameof(weights));
        var packed = new PackedWeights(kernel, k, n);
        if (kernel.Format == GemmFormat.Int8) packed.PackInt8(weights);
        else packed.PackFloats(weights);
        return packed;
    }

    /// <summary>Weights of no meaning, in [-1, 1), for work that only has to take as long as the real thing.</summary>
    public static PackedWeights Synthetic(TileKernel kernel, int k, int n)
    {
        var packed = new PackedWeights(kernel, k, n);
        var state = 0x9E3779B9u;
        for (long i = 0; i < packed.ByteLength / packed.Kernel.Format.WeightBytes(); i++)
        {
            state = state * 1664525 + 1013904223;
            switch (packed.Kernel.Format)
            {
                case GemmFormat.Int8: ((sbyte*)packed._buffer.Pointer)[i] = (sbyte)(state >> 24); break;
                case GemmFormat.Bf16: ((ushort*)packed._buffer.Pointer)[i] = ToBf16((int)state * (1f / int.MaxValue)); break;
                default: ((float*)packed._buffer.Pointer)[i] = (int)state * (1f / int.MaxValue); break;
            }
        }

        return packed;
    }

    /// <summary>Where panel <paramref name="index"/> starts.</summary>
    public byte* Panel(int index) => (byte*)_buffer.Pointer + index * PanelBytes;

    public void Dispose() => _buffer.Dispose();

    /// <summary>The upper half of an fp32, rounded to the nearest, ties to even. For finite values.</summary>
    internal static ushort ToBf16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private void PackFloats(ReadOnlySpan<float> weights)
    {
        for (var row = 0; row < K; row++)
        {
            for (var column = 0; column < N; column++)
            {
                var value = weights[row * N + column];
                if (Kernel.Format == GemmFormat.Bf16) *(ushort*)At(row, column) = ToBf16(value);
                else *(float*)At(row, column) = value;
            }
        }
    }

    /// <summary>Symmetric, a scale per column: its largest weight becomes ±127.</summary>
    private void PackInt8(ReadOnlySpan<float> weights)
    {
        (Scales, Sums) = (new float[N], new int[N]);
        for (var row = 0; row < K; row++)
            for (var column = 0; column < N; column++) Scales[column] = Math.Max(Scales[column], Math.Abs(weights[row * N + column]) / 127);
        for (var row = 0; row < K; row++)
        {
            for (var column = 0; column < N; column++)
            {
                var value = Scales[column] == 0 ? 0 : (int)MathF.Round(weights[row * N + column] / Scales[column]);
                *(sbyte*)At(row, column) = (sbyte)value;
                Sums[column] += value;
            }
        }
    }

    private byte* At(int row, int column)
    {
        var interleave = Kernel.Format.Interleave();
        var (group, place) = Math.DivRem(row, interleave);
        var (panel, inside) = Math.DivRem(column, PanelWidth);
        return Panel(panel) + (((long)group * PanelWidth + inside) * interleave + place) * Kernel.Format.WeightBytes();
    }
}
