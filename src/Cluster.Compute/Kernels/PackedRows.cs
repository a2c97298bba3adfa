using System.Numerics;

namespace Cluster.Compute.Kernels;

/// <summary>
/// The A of a GEMM, laid out for a kernel: groups of rows (as many full tiles as fit, then smaller powers of two), each
/// [k][rows of the group] and contiguous, so that a tile reads one stream instead of one per row.
/// </summary>
public sealed unsafe class PackedRows : IDisposable
{
    private readonly AlignedBuffer _buffer;

    public PackedRows(TileKernel kernel, int maxRows, int k)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        (TileRows, MaxRows, K) = (kernel.TileRows, maxRows, k);
        _buffer = new AlignedBuffer((long)maxRows * k * sizeof(float));
    }

    public int TileRows { get; }

    public int MaxRows { get; }

    public int K { get; }

    /// <summary>Rows packed at present.</summary>
    public int Rows { get; private set; }

    internal float* Pointer => (float*)_buffer.Pointer;

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
                var group = GroupRows(row, rows, TileRows);
                PackGroup(source + (long)row * K, Pointer + (long)row * K, group);
                row += group;
            }
        }
    }

    public void Dispose() => _buffer.Dispose();

    private void PackGroup(float* source, float* target, int group)
    {
        nint k = 0;
        if (group == 8)
        {
            for (; k + 8 <= K; k += 8) Transpose.Block8(source + k, K, target + k * 8);
        }
        for (; k < K; k++)
        {
            for (var i = 0; i < group; i++) target[k * group + i] = source[(nint)i * K + k];
        }
    }
}
