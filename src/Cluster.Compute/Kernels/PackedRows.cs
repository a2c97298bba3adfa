using System.Numerics;

namespace Cluster.Compute.Kernels;

/// <summary>
/// The A of a GEMM, laid out for a kernel: groups of rows (as many full tiles as fit, then smaller powers of two), each
/// [k][rows of the group] in words of 32 bits and contiguous, so that a tile reads one stream instead of one per row. A word is
/// one fp32, or four unsigned 8-bit integers of successive k.
/// </summary>
public sealed unsafe class PackedRows : IDisposable
{
    private readonly TileKernel _kernel;
    private readonly AlignedBuffer _buffer;
    private readonly AlignedBuffer? _quantised;

    public PackedRows(TileKernel kernel, int maxRows, int k)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        (_kernel, MaxRows, K, Depth) = (kernel, maxRows, k, kernel.Padded(k));
        _buffer = new AlignedBuffer(maxRows * RowBytes);
        if (kernel.Format != GemmFormat.Int8) return;
        _quantised = new AlignedBuffer(kernel.TileRows * RowBytes);
        Scales = new float[maxRows];
    }

    public int MaxRows { get; }

    public int K { get; }

    /// <summary>k with its padding.</summary>
    public int Depth { get; }

    /// <summary>Rows packed at present.</summary>
    public int Rows { get; private set; }

    /// <summary>What one unit of each row's int8 activations stands for; empty in other formats.</summary>
    internal float[] Scales { get; } = [];

    internal long RowBytes => (long)Depth * _kernel.Format.ActivationBytes();

    internal byte* Pointer => (byte*)_buffer.Pointer;

    /// <summary>Rows of the group that starts at <paramref name="row"/>.</summary>
    internal static int GroupRows(int row, int rows, int tileRows) =>
        Math.Min(tileRows, 1 << BitOperations.Log2((uint)(rows - row)));

    /// <param name="activations">A, row-major [rows][k].</param>
    /// <exception cref="ArgumentException">More rows than were reserved, or not rows·k elements.</exception>
    public void Pack(ReadOnlySpan<float> activations, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, MaxRows);
        if (activations.Length != (long)rows * K)
            throw new ArgumentException($"A has {activations.Length} elements; [{rows}][{K}] needs {(long)rows * K}.", nameof(activations));
        Rows = rows;
        fixed (float* source = activations)
        {
            for (var row = 0; row < rows;)
            {
                var group = GroupRows(row, rows, _kernel.TileRows);
                var target = (float*)(Pointer + row * RowBytes);
                if (_quantised is null) Interleave(source + (long)row * K, K, K, target, group, Depth);
                else Interleave(Quantise(source + (long)row * K, row, group), Depth / 4, Depth / 4, target, group, Depth / 4);
                row += group;
            }
        }
    }

    public void Dispose()
    {
        _buffer.Dispose();
        _quantised?.Dispose();
    }

    /// <summary>Four 8-bit values of a row in each word, row after row.</summary>
    private float* Quantise(float* source, int firstRow, int group)
    {
        var bytes = (byte*)_quantised!.Pointer;
        for (var i = 0; i < group; i++)
            Scales[firstRow + i] = Quantisation.Quantise(new ReadOnlySpan<float>(source + (long)i * K, K), new Span<byte>(bytes + (long)i * Depth, Depth));
        return (float*)bytes;
    }

    /// <summary>target[k][row] = source[row][k], words beyond <paramref name="words"/> zero.</summary>
    private static void Interleave(float* source, nint stride, int words, float* target, int group, int paddedWords)
    {
        nint k = 0;
        if (group == 8)
        {
            for (; k + 8 <= words; k += 8) Transpose.Block8(source + k, stride, target + k * 8);
        }
        else if (group == 4)
        {
            for (; k + 4 <= words; k += 4) Transpose.Block4(source + k, stride, target + k * 4);
        }

        for (; k < words; k++)
        {
            for (var i = 0; i < group; i++) target[k * group + i] = source[i * stride + k];
        }

        new Span<float>(target + k * group, (int)(paddedWords - k) * group).Clear();
    }
}
