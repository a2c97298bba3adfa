using Cluster.Compute.Calibration;
using Cluster.Compute.Kernels;
using Cluster.Engine.Topology;

namespace Cluster.Compute;

/// <summary>
/// The matmul side of one process: pool threads, weights and this host's calibration, shared by the timers of all instances.
/// </summary>
public sealed class ComputeHost : IDisposable
{
    /// <summary>|ln| of measured ÷ cached beyond which a cached calibration is measured anew: about 10 %.</summary>
    private const double DriftTolerance = 0.1;

    private readonly ComputePool? _pool;
    private readonly SliceRunner? _runner;
    private readonly List<string> _notes = [];
    private HostCalibration? _calibration;
    private double _timeScale;

    /// <summary>Starts the threads and calibrates: under a second, or a few tens of milliseconds when a cached calibration holds.</summary>
    /// <exception cref="ArgumentException">The options are out of range; the message lists every problem.</exception>
    public ComputeHost(ComputeOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid();
        Options = options;
        _timeScale = options.TimeScale;
        Health = new ComputeHealth();
        if (options.Mode == ComputeMode.Modeled) return;
        _runner = new SliceRunner(TileKernels.Choose(options.Kernel), options.WeightBytes);
        _pool = new ComputePool(options.EffectiveThreads, options.QueueCapacity, options.PinThreads);
        var work = new CalibrationWork(_runner, new CalibrationStore(options.CacheDirectory), time);
        _pool.TryEnqueue(work);
        (_calibration, var notes) = work.Wait();
        _notes.AddRange(notes);
    }

    public ComputeOptions Options { get; }

    /// <summary>Emulated seconds per wall second now; begins as in the options.</summary>
    public double TimeScale
    {
        get => Volatile.Read(ref _timeScale);
        set => Volatile.Write(ref _timeScale, value);
    }

    /// <summary>What the run's own load does to matmul, as learnt so far.</summary>
    public LoadCorrection Correction { get; } = new(SliceLadder.Rows.Count);

    /// <summary>What the timers of this host have seen.</summary>
    public ComputeHealth Health { get; }

    /// <summary>Null in mode <see cref="ComputeMode.Modeled"/>.</summary>
    public HostCalibration? Calibration => Volatile.Read(ref _calibration);

    /// <summary>Null in mode <see cref="ComputeMode.Modeled"/>.</summary>
    public ComputePool? Pool => _pool;

    /// <summary>What could not be done as asked (pinning, caching the calibration) and what was done instead: for the log and the banner.</summary>
    public IReadOnlyList<string> Notes => [.. _notes, .. _pool?.Notes ?? [], .. Options.Mode == ComputeMode.Measured && Correction.Note is { } note ? [note] : Array.Empty<string>()];

    /// <summary>A timer for one instance.</summary>
    /// <param name="gpuRidgeFlopsPerByte">Peak FLOP/s of the instance's GPU in the format that computes ÷ its HBM bytes/s. Positive.</param>
    public IStepTimer CreateTimer(double gpuRidgeFlopsPerByte)
    {
        if (!(gpuRidgeFlopsPerByte > 0) || double.IsInfinity(gpuRidgeFlopsPerByte))
            throw new ArgumentOutOfRangeException(nameof(gpuRidgeFlopsPerByte), gpuRidgeFlopsPerByte, "peak FLOP/s ÷ HBM bytes/s: positive and finite");
        return _pool is null || _runner is null
            ? ModeledStepTimer.Instance
            : new StepMatmul(this, _pool, _runner, gpuRidgeFlopsPerByte);
    }

    /// <summary>Ends the threads. Timers must be idle.</summary>
    public void Dispose()
    {
        _pool?.Dispose();
        _runner?.Dispose();
    }

    /// <summary>
    /// Slices run faster than calibrated: the calibration was taken on a busy host, so it is measured again. Slower is not
    /// calibrated away: that is the load which measured mode is there to show.
    /// </summary>
    internal void RecalibrateFaster()
    {
        if (_pool is null || _runner is null) return;
        _pool.TryEnqueue(new RecalibrationWork(_runner, found => Volatile.Write(ref _calibration, found)));
    }

    /// <summary>Loads or measures on a pool thread, where slices will run.</summary>
    private sealed class CalibrationWork(SliceRunner runner, CalibrationStore store, TimeProvider? time) : IComputeWork
    {
        private readonly TaskCompletionSource<(HostCalibration, IReadOnlyList<string>)> _done = new();

        public (HostCalibration Calibration, IReadOnlyList<string> Notes) Wait() => _done.Task.GetAwaiter().GetResult();

        public void Execute()
        {
            try
            {
                var calibrator = new HostCalibrator(runner, time);
                var cached = store.Load(HostCalibrator.Describe(runner.Kernel));
                if (cached is not null && calibrator.Drift(cached) <= DriftTolerance)
                {
                    _done.SetResult((cached, store.Notes));
                    return;
                }
                var measured = calibrator.Measure();
                store.Save(measured);
                _done.SetResult((measured, store.Notes));
            }
            catch (Exception problem)
            {
                _done.SetException(problem);
            }
        }
    }

    private sealed class RecalibrationWork(SliceRunner runner, Action<HostCalibration> adopt) : IComputeWork
    {
        public void Execute()
        {
            var calibrator = new HostCalibrator(runner);
            adopt(calibrator.Measure());
        }
    }
}
