using Cluster.Compute.Calibration;
using Cluster.Compute.Kernels;
using Cluster.Engine.Topology;

namespace Cluster.Compute;

/// <summary>
/// The matmul side of one process: pool threads, weights and this host's calibration, shared by the timers of all instances.
/// </summary>
public sealed class ComputeHost : IDisposable
{
    private readonly ComputePool? _pool;
    private readonly Dictionary<GemmFormat, CalibratedSlices> _slices = [];
    private readonly List<string> _notes = [];
    private readonly Func<bool>? _givesWay;
    private double _timeScale;

    /// <summary>Starts the threads and calibrates: under a second for each format, or a few tens of milliseconds when a cached calibration holds.</summary>
    /// <param name="givesWay">Whether a thread that keeps time has something to do: slices that no step waits for (<see cref="ComputeMode.Paced"/>) let it go first. Null: to nobody.</param>
    /// <exception cref="ArgumentException">The options are out of range; the message lists every problem.</exception>
    public ComputeHost(ComputeOptions options, TimeProvider? time = null, Func<bool>? givesWay = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid();
        Options = options;
        _timeScale = options.TimeScale;
        // Measured steps wait for their slices: those must not stand back behind whatever else runs.
        _givesWay = options.Mode == ComputeMode.Paced ? givesWay : null;
        Health = new ComputeHealth();
        if (options.Mode == ComputeMode.Modeled) return;
        _pool = new ComputePool(options.EffectiveThreads, options.QueueCapacity, options.PinThreads, isPatient: options.Mode == ComputeMode.Paced);
        foreach (var format in options.Formats.Distinct()) Prepare(format, time);
    }

    public ComputeOptions Options { get; }

    /// <summary>Emulated seconds per wall second now; begins as in the options.</summary>
    public double TimeScale
    {
        get => Volatile.Read(ref _timeScale);
        set => Volatile.Write(ref _timeScale, value);
    }

    /// <summary>What the timers of this host have seen.</summary>
    public ComputeHealth Health { get; }

    /// <summary>One for each kernel in use; empty in mode <see cref="ComputeMode.Modeled"/>.</summary>
    public IReadOnlyList<HostCalibration> Calibrations => [.. _slices.Values.Distinct().Select(slices => slices.Now.Calibration)];

    /// <summary>Null in mode <see cref="ComputeMode.Modeled"/>.</summary>
    public ComputePool? Pool => _pool;

    /// <summary>What could not be done as asked (pinning, a format, caching the calibration) and what was done instead: for the log and the banner.</summary>
    public IReadOnlyList<string> Notes =>
    [
        .. _notes, .. _pool?.Notes ?? [],
        // Where the model sets the time, a product that came late changed nothing.
        .. Options.Mode == ComputeMode.Measured && Health.Note is { } late ? [late] : Array.Empty<string>(),
        .. Options.Mode == ComputeMode.Measured ? _slices.Values.Distinct().Select(slices => slices.Now.Correction.Note).OfType<string>() : [],
    ];

    /// <summary>A timer for one instance.</summary>
    /// <param name="gpuRidgeFlopsPerByte">Peak FLOP/s of the instance's GPU in the format that computes ÷ its HBM bytes/s. Positive.</param>
    /// <param name="format">What its weights are multiplied in: one of <see cref="ComputeOptions.Formats"/>; null for the first.</param>
    public IStepTimer CreateTimer(double gpuRidgeFlopsPerByte, GemmFormat? format = null)
    {
        if (!(gpuRidgeFlopsPerByte > 0) || double.IsInfinity(gpuRidgeFlopsPerByte))
            throw new ArgumentOutOfRangeException(nameof(gpuRidgeFlopsPerByte), gpuRidgeFlopsPerByte, "peak FLOP/s ÷ HBM bytes/s: positive and finite");
        if (_pool is null) return ModeledStepTimer.Instance;
        return _slices.TryGetValue(format ?? Options.Formats[0], out var slices)
            ? new StepMatmul(this, _pool, slices, gpuRidgeFlopsPerByte)
            : throw new ArgumentException($"{format} is none of compute.formats, [{string.Join(", ", Options.Formats)}]: only those are calibrated.", nameof(format));
    }

    /// <summary>Ends the threads. Timers must be idle.</summary>
    public void Dispose()
    {
        _pool?.Dispose();
        foreach (var slices in _slices.Values.Distinct()) slices.Dispose();
    }

    /// <summary>
    /// Slices run faster than calibrated: the calibration was taken on a busy host, so it is measured again. Slower is not
    /// calibrated away: that is the load which measured mode is there to show.
    /// </summary>
    internal void RecalibrateFaster()
    {
        foreach (var slices in _slices.Values.Distinct()) _pool?.TryEnqueue(new RecalibrationWork(_pool, slices, new CalibrationStore(Options.CacheDirectory)));
    }

    /// <summary>Weights and calibration of the kernel that a format gets; one that stands in for another is shared with it.</summary>
    private void Prepare(GemmFormat format, TimeProvider? time)
    {
        var kernel = TileKernels.Choose(Options.Kernel, format);
        if (TileKernels.Shortfall(kernel, format) is { } shortfall) _notes.Add(shortfall);
        if (_slices.Values.FirstOrDefault(slices => slices.Runner.Kernel == kernel) is { } shared)
        {
            _slices[format] = shared;
            return;
        }

        var runner = new SliceRunner(kernel, Options.WeightBytes) { GivesWay = _givesWay };
        var work = new CalibrationWork(runner, new CalibrationStore(Options.CacheDirectory), Options.DriftTolerance, time);
        _pool!.TryEnqueue(work);
        var (calibration, notes) = work.Wait();
        _slices[format] = new CalibratedSlices(runner, calibration);
        _notes.AddRange(notes);
    }

    /// <summary>Loads or measures on a pool thread, where slices will run.</summary>
    private sealed class CalibrationWork(SliceRunner runner, CalibrationStore store, double driftTolerance, TimeProvider? time) : IComputeWork
    {
        private readonly TaskCompletionSource<(HostCalibration, IReadOnlyList<string>)> _done = new();

        public (HostCalibration Calibration, IReadOnlyList<string> Notes) Wait() => _done.Task.GetAwaiter().GetResult();

        public void Execute()
        {
            try
            {
                var calibrator = new HostCalibrator(runner, time);
                var cached = store.Load(HostCalibrator.Describe(runner.Kernel));
                if (cached is not null && calibrator.Drift(cached) <= driftTolerance)
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

    /// <summary>One rung at a time, back in the queue behind the steps that wait meanwhile. A full queue ends it; the next window asks again.</summary>
    private sealed class RecalibrationWork(ComputePool pool, CalibratedSlices slices, CalibrationStore store) : IComputeWork
    {
        private readonly IEnumerator<HostCalibration?> _rungs = new HostCalibrator(slices.Runner).MeasureRungs().GetEnumerator();

        public void Execute()
        {
            if (_rungs.MoveNext() && _rungs.Current is { } found)
            {
                // What a run goes by has been kept.
                store.Save(found);
                slices.Adopt(found);
                return;
            }

            pool.TryEnqueue(this);
        }
    }
}
