using System.Diagnostics;
using System.Globalization;

namespace Cluster.Compute;

/// <summary>
/// What the emulator's own load does to matmul. Calibration runs on a quiet host; under a run, the gateway, the clients and
/// the grains share its caches and memory, and every slice is slower by about the same factor. That factor belongs to the
/// emulator, not to the emulated GPU, so measured mode divides by it: learnt per rung from medians over its latest slices, slow
/// enough that a burst still shows, and bounded, so that a host which cannot keep up is not excused.
/// </summary>
public sealed class LoadCorrection
{
    /// <summary>Latest slices of one rung that its median is taken of, if so many ran within <see cref="Memory"/>.</summary>
    public const int Window = 128;

    /// <summary>Fewest of them: a lone instance makes fifty a second, and what its host did three seconds ago says little of now.</summary>
    public const int LeastWindow = 33;

    /// <summary>Slices before the first look: as few as have a middle that two or three interruptions do not move.</summary>
    public const int FirstLook = 9;

    /// <summary>Slices from one look to the next: many small corrections, where one per window would leave a lone instance uncorrected for seconds.</summary>
    public const int Stride = 8;

    /// <summary>Most slowness that is corrected: beyond it the host is simply too slow, and steps stretch.</summary>
    public const double Limit = 1.5;

    /// <summary>A host faster than its calibration is no lack that could show: the calibration was taken on a busy host, and all of it is corrected.</summary>
    private const double Fastest = 0.1;

    /// <summary>How far back the median looks.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(1);

    /// <summary>Share of the way to the newest median that one look goes.</summary>
    private const double Gain = 0.5;

    private readonly Lane[] _lanes;

    /// <param name="rungs">Rungs of the slice ladder.</param>
    public LoadCorrection(int rungs) => _lanes = [.. Enumerable.Range(0, rungs).Select(_ => new Lane())];

    /// <summary>The factor that is farthest from 1 among rungs that have seen a window; 1 before.</summary>
    public double Largest => _lanes.Select(l => l.Factor).MaxBy(f => Math.Abs(Math.Log(f)));

    /// <summary>In words for a banner; null while there is nothing to correct beyond 3 %.</summary>
    public string? Note => Math.Abs(Largest - 1) <= 0.03 ? null : string.Create(CultureInfo.InvariantCulture,
        $"Matmul runs at {Largest:F2} × its calibration under this run's own load; measured steps are corrected by as much.");

    /// <summary>The ratio less what the run's load explains. Learns from it.</summary>
    public double Correct(int rung, double ratio)
    {
        var lane = _lanes[rung];
        var corrected = ratio / lane.Factor;
        lane.Record(ratio);
        return corrected;
    }

    private sealed class Lane
    {
        private readonly Lock _gate = new();
        private readonly double[] _latest = new double[Window];
        private readonly double[] _sorted = new double[Window];
        private int _seen;
        private int _nextLook = FirstLook;
        private double _factor = 1;
        private long _lookedAt = Stopwatch.GetTimestamp();

        public double Factor => Volatile.Read(ref _factor);

        public void Record(double ratio)
        {
            lock (_gate)
            {
                _latest[_seen++ % Window] = ratio;
                if (_seen < _nextLook) return;
                var count = Math.Min(_seen, Remembered());
                for (var i = 0; i < count; i++) _sorted[i] = _latest[(_seen - 1 - i) % Window];
                Array.Sort(_sorted, 0, count);
                var target = Math.Clamp(_sorted[count / 2], Fastest, Limit);
                var gain = _nextLook == FirstLook ? 1 : Gain;
                _nextLook += Stride;
                Volatile.Write(ref _factor, _factor * Math.Pow(target / _factor, gain));
            }
        }

        /// <summary>Slices that run within the memory, at the pace of those since the last look.</summary>
        private int Remembered()
        {
            var now = Stopwatch.GetTimestamp();
            var strides = Memory / Stopwatch.GetElapsedTime(_lookedAt, now);
            _lookedAt = now;
            return (int)Math.Clamp(strides * Stride, LeastWindow, Window);
        }
    }
}
