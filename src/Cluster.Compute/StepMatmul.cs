using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Cluster.Compute.Calibration;
using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Compute;

/// <summary>
/// Times one instance's steps by a slice of real matmul each. A step's place relative to the GPU's ridge picks the rung of the
/// <see cref="SliceLadder"/> with the same place relative to the host's, so prefill is tall and compute-bound here too and
/// decode thin and bandwidth-bound; a share of the step's wall time says how much of it runs.
/// </summary>
/// <remarks>
/// A slice is cut into up to <see cref="MaxPieces"/> equal pieces and the ratio is that of the median piece to the calibrated
/// time of the same piece. A context switch inside a 200 µs slice lengthens one or two pieces and leaves the median alone, so it
/// cannot turn a 20 ms step into 200 ms; a slower clock, a shared core or contended memory lengthens all pieces and shows. The
/// limit: bursts that hit fewer than half of the pieces do not stretch the step. They are in
/// <see cref="ComputeHealth.SliceRatios"/>, and a slice that outlasts its step or runs at under half speed sets
/// <see cref="StepTiming.Saturated"/>. Slices too short to be cut have no such protection; their lone piece is the ratio.
/// </remarks>
internal sealed class StepMatmul : IStepTimer, IComputeWork, IValueTaskSource<StepTiming>
{
    public const int MaxPieces = 9;
    private const double PieceNs = 15_000;
    private const double SaturationRatio = 2;
    private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly ComputeHost _host;
    private readonly ComputePool _pool;
    private readonly CalibratedSlices _slices;
    private readonly double _gpuRidge;
    private readonly long[] _pieceNs = new long[MaxPieces];
    private ManualResetValueTaskSourceCore<StepTiming> _source = new() { RunContinuationsAsynchronously = true };
    private int _busy;
    private StepCost _cost;
    private long _enqueued;
    private CancellationToken _cancellation;
    private StepTiming _previous;

    public StepMatmul(ComputeHost host, ComputePool pool, CalibratedSlices slices, double gpuRidge) =>
        (_host, _pool, _slices, _gpuRidge) = (host, pool, slices, gpuRidge);

    public ValueTask<StepTiming> RunAsync(StepShape shape, StepCost cost, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<StepTiming>(cancellationToken);
        if (_host.Options.Mode == ComputeMode.Paced) return new ValueTask<StepTiming>(RunBeside(cost));
        if (Interlocked.Exchange(ref _busy, 1) != 0) throw new InvalidOperationException("A timer runs one step at a time; the previous one has not ended.");
        _source.Reset();
        (_cost, _cancellation) = (cost, cancellationToken);
        _enqueued = Stopwatch.GetTimestamp();
        if (_pool.TryEnqueue(this)) return new ValueTask<StepTiming>(this, _source.Version);
        Volatile.Write(ref _busy, 0);
        return new ValueTask<StepTiming>(Refuse(cost));
    }

    public void Execute()
    {
        if (_host.Options.Mode == ComputeMode.Paced)
        {
            _previous = Measure();
            Volatile.Write(ref _busy, 0);
            return;
        }

        if (_cancellation.IsCancellationRequested)
        {
            _source.SetException(new OperationCanceledException(_cancellation));
            return;
        }
        try
        {
            _source.SetResult(Measure());
        }
        catch (Exception problem)
        {
            _source.SetException(problem);
        }
    }

    public StepTiming GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Starts the slice and does not wait: a step that the model times must not end late because a thread was busy.</summary>
    private StepTiming RunBeside(in StepCost cost)
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0) return Refuse(cost);
        var timing = _previous.MatmulNs == 0 ? StepTiming.FromModel(cost) : _previous with { EmulatedDurationNs = Time.FromSeconds(cost.DurationSeconds) };
        (_cost, _enqueued) = (cost, Stopwatch.GetTimestamp());
        if (_pool.TryEnqueue(this)) return timing;
        Volatile.Write(ref _busy, 0);
        return Refuse(cost);
    }

    private StepTiming Refuse(in StepCost cost)
    {
        var refused = StepTiming.FromModel(cost, saturated: true);
        _host.Health.Record(refused, 1, 1);
        return refused;
    }

    private StepTiming Measure()
    {
        var options = _host.Options;
        var (calibration, correction) = _slices.Now;
        var queuedNs = (long)((Stopwatch.GetTimestamp() - _enqueued) * NsPerTick);
        var modelNs = Time.FromSeconds(_cost.DurationSeconds);
        var wallNs = modelNs / _host.TimeScale;
        var slice = Plan(calibration, Math.Min(options.MaxSliceNs, wallNs * options.SliceShare));

        var pieceNs = _pieceNs.AsSpan(0, slice.Pieces);
        _slices.Runner.Run(slice.Rung, slice.Panels, pieceNs);
        long matmulNs = 0;
        foreach (var ns in pieceNs) matmulNs += ns;
        var expectedPieceNs = calibration.PanelNs[slice.Rung] * slice.Panels;
        var sliceRatio = matmulNs / (expectedPieceNs * slice.Pieces);
        var raw = Statistics.Median(pieceNs) / expectedPieceNs;
        var ratio = correction.Correct(slice.Rung, raw);

        var saturated = queuedNs + matmulNs > wallNs || raw > SaturationRatio;
        var emulatedNs = options.Mode == ComputeMode.Measured ? (long)(modelNs * ratio) : modelNs;
        var timing = new StepTiming(emulatedNs, ratio, matmulNs, queuedNs, saturated);
        if (_host.Health.Record(timing, raw, sliceRatio)) _host.RecalibrateFaster();
        return timing;
    }

    private Slice Plan(HostCalibration calibration, double budgetNs)
    {
        var place = _cost.HbmBytes > 0 ? _cost.Flops / _cost.HbmBytes / _gpuRidge : 1;
        var rung = SliceLadder.RungAt(place, calibration.RidgeFlopsPerByte, _slices.Runner.Kernel.Format);
        return SlicePlan.For(calibration.PanelNs[rung], budgetNs, PieceNs, MaxPieces) with { Rung = rung };
    }
}
