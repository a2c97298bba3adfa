using System.Runtime.InteropServices;
using Cluster.Compute.Kernels;

namespace Cluster.Compute.Calibration;

/// <summary>
/// Measures a <see cref="HostCalibration"/> the way slices will later run: short, apart, on weights that the caches do not hold.
/// A rung's figure is the median over slices of the median over pieces, and the best of <see cref="Passes"/> such medians taken
/// at different moments: a neighbour's burst spoils one pass, not the figure, and a quiet host still has its median at 1.
/// </summary>
public sealed class HostCalibrator
{
    private const int Passes = 3;
    private const int Slices = 9;
    private const int Pieces = 5;

    /// <summary>A piece is aimed at this length: long against the clock's grain, short against a time slice of the scheduler.</summary>
    private const double PieceNs = 20_000;

    private readonly SliceRunner _runner;
    private readonly TimeProvider _time;
    private readonly long[] _pieceNs = new long[Pieces];
    private readonly double[] _medians = new double[Slices];

    public HostCalibrator(SliceRunner runner, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(runner);
        (_runner, _time) = (runner, time ?? TimeProvider.System);
    }

    /// <summary>Whom the figures belong to: another processor, core count or kernel is another host.</summary>
    public static string Describe(TileKernel kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return $"{ProcessorName()}, {Environment.ProcessorCount} cores, {kernel.Name}";
    }

    /// <summary>Under a second on the calling thread, which should be one of the pool's.</summary>
    public HostCalibration Measure() => MeasureRungs().Last()!;

    /// <summary>The same in pieces of a few milliseconds, for a host that has other work as well: null, rung after rung, until the last, which is the result.</summary>
    public IEnumerable<HostCalibration?> MeasureRungs()
    {
        var panelNs = new double[SliceLadder.Rows.Count];
        Array.Fill(panelNs, double.MaxValue);
        for (var pass = 0; pass < Passes; pass++)
        {
            for (var rung = 0; rung < panelNs.Length; rung++)
            {
                panelNs[rung] = Math.Min(panelNs[rung], MeasureRung(rung));
                yield return null;
            }
        }

        var flops = Enumerable.Range(0, panelNs.Length).Max(rung => _runner.PanelFlops(rung) / panelNs[rung]) * 1e9;
        yield return new HostCalibration(Describe(_runner.Kernel), panelNs, flops, _runner.PanelBytes / panelNs[0] * 1e9, _time.GetUtcNow());
    }

    /// <summary>
    /// How far the host is from <paramref name="calibration"/> now: the largest |ln(measured ÷ calibrated)| of a thin, a middle and
    /// a tall rung; 0.1 is about ten per cent.
    /// </summary>
    public double Drift(HostCalibration calibration)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        int[] rungs = [0, SliceLadder.Rows.Count / 2, SliceLadder.Rows.Count - 1];
        return rungs.Max(rung => Math.Abs(Math.Log(Math.Min(MeasureRung(rung), MeasureRung(rung)) / calibration.PanelNs[rung])));
    }

    /// <returns>Nanoseconds per panel.</returns>
    private double MeasureRung(int rung)
    {
        var panels = PanelsFor(rung);
        for (var slice = 0; slice < Slices; slice++)
        {
            Thread.Sleep(TimeSpan.FromMicroseconds(300));
            _runner.Run(rung, panels, _pieceNs);
            _medians[slice] = Statistics.Median(_pieceNs) / panels;
        }
        Array.Sort(_medians);
        return _medians[Slices / 2];
    }

    private int PanelsFor(int rung)
    {
        _runner.Run(rung, 1, _pieceNs);
        return (int)Math.Clamp(PieceNs / Math.Max(1, Statistics.Median(_pieceNs)), 1, 1024);
    }

    private static string ProcessorName()
    {
        const string Info = "/proc/cpuinfo";
        if (OperatingSystem.IsLinux() && File.Exists(Info))
        {
            var line = File.ReadLines(Info).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal));
            if (line is not null) return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
