using Cluster.Compute.Calibration;
using Cluster.Engine.Cost;
using Cluster.Engine.Topology;

namespace Cluster.Compute.Tests;

public sealed class Calibration_cache : IDisposable
{
    private const double H100Ridge = 295;

    /// <summary>|ln| that no host is away from anything: whatever is cached holds.</summary>
    private const double AnyDrift = 100;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"xpyd-test-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_directory)) Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void A_calibration_that_holds_is_measured_once_per_host()
    {
        var first = Start(AnyDrift);
        var second = Start(AnyDrift);
        second.MeasuredAt.ShouldBe(first.MeasuredAt);
        second.PanelNs.ShouldBe(first.PanelNs);
        Directory.GetFiles(_directory).Length.ShouldBe(1);
    }

    [Fact]
    public void A_calibration_that_the_host_has_drifted_from_is_measured_again_and_replaced()
    {
        var measured = Start(AnyDrift);
        Save(measured, factor: 50);
        var again = Start(driftTolerance: 0.1);
        again.MeasuredAt.ShouldBeGreaterThan(DateTimeOffset.UnixEpoch);
        again.PanelNs[0].ShouldBeLessThan(25 * measured.PanelNs[0]);
        new CalibrationStore(_directory).Load(measured.Host)!.PanelNs.ShouldBe(again.PanelNs);
    }

    [Fact]
    public void A_calibration_of_another_host_is_of_no_use_here()
    {
        var measured = Start(AnyDrift);
        var file = Directory.GetFiles(_directory).Single();
        File.WriteAllText(file, File.ReadAllText(file).Replace(measured.Host, "another processor, 3 cores, scalar", StringComparison.Ordinal));
        new CalibrationStore(_directory).Load(measured.Host).ShouldBeNull();
        Start(AnyDrift).Host.ShouldBe(measured.Host);
    }

    [Fact]
    public async Task A_run_that_is_faster_than_its_calibration_says_measures_it_again_while_it_goes_on()
    {
        Save(Start(AnyDrift), factor: 50);
        using var host = new ComputeHost(Options(AnyDrift));
        var timer = host.CreateTimer(H100Ridge);
        var busy = new StepCost(0.0001, 0.0001, 0, 0, 0, 1e6, 1e6, 0, false);
        using var limit = new CancellationTokenSource(s_patience);
        while (host.Calibrations.Single().MeasuredAt == DateTimeOffset.UnixEpoch) await timer.RunAsync(default, busy, limit.Token);
        new CalibrationStore(_directory).Load(host.Calibrations.Single().Host)!.MeasuredAt.ShouldBeGreaterThan(DateTimeOffset.UnixEpoch);
        host.Health.Steps.ShouldBeGreaterThan(1023);
    }

    [Fact]
    public async Task A_host_that_falls_behind_says_so_in_its_notes()
    {
        using var host = new ComputeHost(Options(AnyDrift) with { QueueCapacity = 1 });
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        host.Pool!.TryEnqueue(new Blocker(entered, gate)).ShouldBeTrue();
        entered.Wait();
        host.Notes.ShouldBeEmpty();
        var waiting = host.CreateTimer(H100Ridge).RunAsync(default, default, default);
        for (var i = 0; i < 3; i++) (await host.CreateTimer(H100Ridge).RunAsync(default, default, default)).Saturated.ShouldBeTrue();
        host.Notes.ShouldContain(note => note.Contains("does not keep up: 3 of 3 steps"));
        gate.Set();
        await waiting;
    }

    private HostCalibration Start(double driftTolerance)
    {
        using var host = new ComputeHost(Options(driftTolerance));
        return host.Calibrations.Single();
    }

    /// <summary>As of a host so many times slower, measured long ago.</summary>
    private void Save(HostCalibration measured, double factor) => new CalibrationStore(_directory).Save(
        measured with { PanelNs = [.. measured.PanelNs.Select(ns => ns * factor)], MeasuredAt = DateTimeOffset.UnixEpoch });

    private ComputeOptions Options(double driftTolerance) => new()
    {
        Mode = ComputeMode.Measured,
        WeightBytes = 1 << 20,
        CacheDirectory = _directory,
        Kernel = "scalar",
        Threads = 1,
        HostShare = 0.02,
        PinThreads = false,
        DriftTolerance = driftTolerance,
    };

    private sealed class Blocker(ManualResetEventSlim entered, ManualResetEventSlim gate) : IComputeWork
    {
        public void Execute()
        {
            entered.Set();
            gate.Wait();
        }
    }
}
