using System.Diagnostics;
using Cluster.Compute.Kernels;

namespace Cluster.Compute.Calibration;

/// <summary>
/// Runs slices: several equal pieces of one product, each timed by itself. The weights are shared by all instances and far
/// larger than the caches; successive pieces walk through them, so a thin product really streams from memory.
/// </summary>
public sealed unsafe class SliceRunner : IDisposable
{
    private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;
    private readonly PackedWeights _weights;
    private readonly PackedRows[] _rows;
    private readonly ThreadLocal<AlignedBuffer> _products;
    private long _cursor;

    /// <param name="weightBytes">Bytes of weights to walk through.</param>
    public SliceRunner(TileKernel kernel, long weightBytes)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        Kernel = kernel;
        _products = new ThreadLocal<AlignedBuffer>(() => new AlignedBuffer(SliceLadder.MaxRows * kernel.PanelWidth * sizeof(float)), trackAllValues: true);
        var columns = (int)Math.Min(int.MaxValue / 2, weightBytes / (SliceLadder.Depth * kernel.Format.WeightBytes()));
        _weights = PackedWeights.Synthetic(kernel, SliceLadder.Depth, Math.Max(columns, kernel.PanelWidth));
        _rows = [.. SliceLadder.Rows.Select(rows => Activations(kernel, rows))];
    }

    public TileKernel Kernel { get; }

    /// <summary>
    /// Asked before each piece: whether a thread that keeps time has something to do. It may stand behind this one on its core, for
    /// milliseconds; then the piece comes after it. The time is nobody's: no piece is longer for it.
    /// </summary>
    public Func<bool>? GivesWay { get; init; }

    /// <summary>Bytes of weights that one panel reads.</summary>
    public int PanelBytes => SliceLadder.Depth * Kernel.PanelWidth * Kernel.Format.WeightBytes();

    /// <summary>Operations, a multiplication and an addition each, of one panel at a rung.</summary>
    public double PanelFlops(int rung) => 2.0 * SliceLadder.Rows[rung] * SliceLadder.Depth * Kernel.PanelWidth;

    /// <summary>Runs one slice on the calling thread.</summary>
    /// <param name="panels">Panels per piece; at least 1.</param>
    /// <param name="pieceNs">Receives the wall time of each piece: its length is the number of pieces.</param>
    public void Run(int rung, int panels, Span<long> pieceNs)
    {
        var total = (long)panels * pieceNs.Length;
        var panel = (Interlocked.Add(ref _cursor, total) - total) % _weights.Panels;
        var c = (float*)_products.Value!.Pointer;
        var started = Stopwatch.GetTimestamp();
        for (var piece = 0; piece < pieceNs.Length; piece++)
        {
            if (GivesWay?.Invoke() == true)
            {
                Thread.Yield();
                started = Stopwatch.GetTimestamp();
            }

            for (var i = 0; i < panels; i++)
            {
                RunPanel(_rows[rung], _weights.Panel((int)panel), c);
                if (++panel == _weights.Panels) panel = 0;
            }
            var ended = Stopwatch.GetTimestamp();
            pieceNs[piece] = (long)((ended - started) * NsPerTick);
            started = ended;
        }
    }

    public void Dispose()
    {
        _weights.Dispose();
        foreach (var rows in _rows) rows.Dispose();
        foreach (var products in _products.Values) products.Dispose();
        _products.Dispose();
    }

    private void RunPanel(PackedRows activations, byte* b, float* c)
    {
        for (var row = 0; row < activations.Rows;)
        {
            var group = PackedRows.GroupRows(row, activations.Rows, Kernel.TileRows);
            var a = activations.Pointer + row * activations.RowBytes;
            Kernel.Tile(group, a, b, c + (nint)row * Kernel.PanelWidth, Kernel.PanelWidth, SliceLadder.Depth, accumulate: false);
            row += group;
        }
    }

    private static PackedRows Activations(TileKernel kernel, int rows)
    {
        var values = new float[rows * SliceLadder.Depth];
        for (var i = 0; i < values.Length; i++) values[i] = (i * 31 % 64 - 32) / 32f;
        var packed = new PackedRows(kernel, rows, SliceLadder.Depth);
        packed.Pack(values, rows);
        return packed;
    }
}
