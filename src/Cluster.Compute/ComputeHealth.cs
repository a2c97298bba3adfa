using System.Diagnostics;

namespace Cluster.Compute;

/// <summary>Whether the host keeps up with the matmul it was given: counted over all timers, hidden from nobody.</summary>
public sealed class ComputeHealth
{
    private const int Window = 1024;

    /// <summary>A lone instance would take twenty seconds to fill a window; so many slices do, when they have taken this long.</summary>
    private const int LeastWindow = 64;
    private static readonly long s_longWindow = 2 * Stopwatch.Frequency;
    private const double FasterThanCalibrated = 0.9;
    private readonly RatioHistogram _window = new();
    private long _steps;
    private long _saturatedSteps;
    private long _matmulNs;
    private int _inWindow;
    private double _windowMedian = 1;
    private long _windowBegan = Stopwatch.GetTimestamp();

    /// <summary>What measured mode multiplies by: the median piece of each slice, less what the run's own load explains.</summary>
    public RatioHistogram Ratios { get; } = new();

    /// <summary>Whole slice, interruptions included: what the median leaves out shows here.</summary>
    public RatioHistogram SliceRatios { get; } = new();

    public long Steps => Interlocked.Read(ref _steps);

    /// <summary>Steps whose <see cref="StepTiming.Saturated"/> was set.</summary>
    public long SaturatedSteps => Interlocked.Read(ref _saturatedSteps);

    /// <summary>Wall time in slices, summed over threads.</summary>
    public long MatmulNs => Interlocked.Read(ref _matmulNs);

    /// <summary>In words for a banner; null while saturated steps are rare.</summary>
    public string? Note => SaturatedSteps <= Math.Max(2, Steps / 20) ? null : string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"This host does not keep up: {SaturatedSteps} of {Steps} steps found no compute thread in time, outlasted themselves or ran at less than half speed. Use fewer instances, a smaller time.scale or time.compute: paced.");

    /// <summary>Median ratio of the last whole window, of 1,024 slices or of two seconds, uncorrected; 1 before the first.</summary>
    public double RecentMedianRatio => Volatile.Read(ref _windowMedian);

    /// <returns>True when a window has just ended whose median says that the calibration was taken on a busier host.</returns>
    internal bool Record(in StepTiming timing, double rawRatio, double sliceRatio)
    {
        Interlocked.Increment(ref _steps);
        if (timing.Saturated) Interlocked.Increment(ref _saturatedSteps);
        if (timing.MatmulNs == 0) return false;
        Interlocked.Add(ref _matmulNs, timing.MatmulNs);
        Ratios.Record(timing.Ratio);
        SliceRatios.Record(sliceRatio);
        _window.Record(rawRatio);
        var inWindow = Interlocked.Increment(ref _inWindow);
        if (inWindow < LeastWindow || (inWindow != Window && Stopwatch.GetTimestamp() - Volatile.Read(ref _windowBegan) < s_longWindow)) return false;
        // Whoever ends the window alone looks at it.
        if (Interlocked.Exchange(ref _inWindow, 0) < LeastWindow) return false;
        Volatile.Write(ref _windowBegan, Stopwatch.GetTimestamp());
        var median = _window.Quantile(0.5);
        Volatile.Write(ref _windowMedian, median);
        _window.Clear();
        return median < FasterThanCalibrated;
    }
}
