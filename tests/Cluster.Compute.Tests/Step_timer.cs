using Cluster.Compute.Calibration;
using Cluster.Compute.Kernels;
using Cluster.Engine.Cost;
using Cluster.Engine.Topology;

namespace Cluster.Compute.Tests;

public sealed class Step_timer : IDisposable
{
    private const double H100Ridge = 295;
    private static readonly StepCost Decode = new(0.020, 0.001, 0.015, 0.002, 0.002, 1e12, 4e10, 1e6, false);
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"xpyd-test-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_directory)) Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Paced_steps_last_what_the_model_says_and_still_run_matmul()
    {
        using var host = new ComputeHost(Small(ComputeMode.Paced));
        var timer = host.CreateTimer(H100Ridge);
        (await timer.RunAsync(default, Decode, default)).ShouldBe(new StepTiming(20_000_000, 1, 0, 0, false));
        await Drained(host);
        var second = await timer.RunAsync(default, Decode, default);
        second.EmulatedDurationNs.ShouldBe(20_000_000);
        second.MatmulNs.ShouldBeGreaterThan(0);
        host.Health.Ratios.Count.ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task A_paced_step_does_not_wait_for_a_busy_thread_and_says_that_the_host_fell_behind()
    {
        using var host = new ComputeHost(Small(ComputeMode.Paced));
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        host.Pool!.TryEnqueue(new Blocker(entered, gate));
        entered.Wait();
        var timer = host.CreateTimer(H100Ridge);
        (await timer.RunAsync(default, Decode, default)).Saturated.ShouldBeFalse();
        (await timer.RunAsync(default, Decode, default)).Saturated.ShouldBeTrue();
        gate.Set();
    }

    [Fact]
    public void A_slice_asks_before_each_piece_whether_to_give_way_and_runs_all_of_them_all_the_same()
    {
        var asked = 0;
        using var runner = new SliceRunner(TileKernels.Choose(TileKernels.Auto), 1 << 20) { GivesWay = () => asked++ % 2 == 0 };
        var pieceNs = new long[5];
        runner.Run(0, 1, pieceNs);
        asked.ShouldBe(5);
        pieceNs.ShouldAllBe(ns => ns > 0);
    }

    [Theory]
    [InlineData(ComputeMode.Paced, true)]
    [InlineData(ComputeMode.Measured, false)]
    public async Task Only_slices_that_no_step_waits_for_ask_whether_to_give_way(ComputeMode mode, bool asks)
    {
        var asked = 0;
        bool Ask()
        {
            Interlocked.Increment(ref asked);
            return false;
        }

        using var host = new ComputeHost(Small(mode), givesWay: Ask);
        await host.CreateTimer(H100Ridge).RunAsync(default, Decode, default);
        await Drained(host);
        (Volatile.Read(ref asked) > 0).ShouldBe(asks);
    }

    [Fact]
    public async Task Measured_steps_last_the_model_times_the_ratio()
    {
        using var host = new ComputeHost(Small(ComputeMode.Measured));
        var timer = host.CreateTimer(H100Ridge);
        for (var i = 0; i < 20; i++)
        {
            var timing = await timer.RunAsync(default, Decode, default);
            timing.Ratio.ShouldBeGreaterThan(0);
            timing.EmulatedDurationNs.ShouldBe((long)(20_000_000 * timing.Ratio));
        }
        host.Health.Steps.ShouldBe(20);
    }

    [Fact]
    public async Task Modeled_steps_run_no_matmul_and_start_no_thread()
    {
        using var host = new ComputeHost(Small(ComputeMode.Modeled));
        host.Pool.ShouldBeNull();
        (await host.CreateTimer(H100Ridge).RunAsync(default, Decode, default)).ShouldBe(new StepTiming(20_000_000, 1, 0, 0, false));
    }

    [Fact]
    public async Task A_full_pool_is_announced_and_never_hidden()
    {
        using var host = new ComputeHost(Small(ComputeMode.Measured) with { QueueCapacity = 1 });
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        host.Pool!.TryEnqueue(new Blocker(entered, gate)).ShouldBeTrue();
        entered.Wait();
        var first = host.CreateTimer(H100Ridge).RunAsync(default, Decode, default);
        var second = await host.CreateTimer(H100Ridge).RunAsync(default, Decode, default);
        second.Saturated.ShouldBeTrue();
        second.EmulatedDurationNs.ShouldBe(20_000_000);
        gate.Set();
        (await first).MatmulNs.ShouldBeGreaterThan(0);
        host.Pool.Refused.ShouldBe(1);
        host.Health.SaturatedSteps.ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task A_timer_refuses_a_second_step_while_one_runs()
    {
        using var host = new ComputeHost(Small(ComputeMode.Measured));
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        host.Pool!.TryEnqueue(new Blocker(entered, gate));
        entered.Wait();
        var timer = host.CreateTimer(H100Ridge);
        var first = timer.RunAsync(default, Decode, default);
        Should.Throw<InvalidOperationException>(() => timer.RunAsync(default, Decode, default).AsTask().GetAwaiter().GetResult());
        gate.Set();
        await first;
        await timer.RunAsync(default, Decode, default);
    }

    [Fact]
    public async Task A_cancelled_step_ends_as_cancelled_and_frees_the_timer()
    {
        using var host = new ComputeHost(Small(ComputeMode.Measured));
        using var gate = new ManualResetEventSlim();
        using var entered = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        host.Pool!.TryEnqueue(new Blocker(entered, gate));
        entered.Wait();
        var timer = host.CreateTimer(H100Ridge);
        var step = timer.RunAsync(default, Decode, cancellation.Token);
        await cancellation.CancelAsync();
        gate.Set();
        await Should.ThrowAsync<OperationCanceledException>(async () => await step);
        (await timer.RunAsync(default, Decode, default)).MatmulNs.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_cache_directory_that_cannot_be_written_costs_a_note_and_no_failure()
    {
        Directory.CreateDirectory(_directory);
        var file = Path.Combine(_directory, "a-file-where-a-directory-should-be");
        File.WriteAllText(file, "");
        using var host = new ComputeHost(Small(ComputeMode.Paced) with { CacheDirectory = file });
        host.Calibrations.Single().IsComplete.ShouldBeTrue();
        host.Notes.ShouldContain(note => note.Contains("lasts as long as the process"));
    }

    [Fact]
    public void A_stored_calibration_comes_back_and_a_damaged_one_is_measured_again()
    {
        var store = new CalibrationStore(_directory);
        var calibration = new HostCalibration("this host", [.. SliceLadder.Rows.Select(rows => 100.0 * rows)], 1e11, 2e10, DateTimeOffset.UnixEpoch);
        store.Load("this host").ShouldBeNull();
        store.Save(calibration);
        store.Load("this host")!.PanelNs.ShouldBe(calibration.PanelNs);
        store.Notes.ShouldBeEmpty();
        File.WriteAllText(Directory.GetFiles(_directory).Single(), "{ \"host\": ");
        store.Load("this host").ShouldBeNull();
        store.Notes.Single().ShouldContain("measuring again");
    }

    [Fact]
    public void Steps_keep_their_place_relative_to_the_ridge()
    {
        const double HostRidge = 6;
        foreach (var format in Enum.GetValues<GemmFormat>())
        {
            SliceLadder.Rows[SliceLadder.RungAt(0.001, HostRidge, format)].ShouldBe(1);
            SliceLadder.Rows[SliceLadder.RungAt(1e6, HostRidge, format)].ShouldBe(SliceLadder.MaxRows);
            foreach (var place in new[] { 0.5, 1, 3, 8 })
            {
                var hostPlace = SliceLadder.Intensity(SliceLadder.RungAt(place, HostRidge, format), format) / HostRidge;
                Math.Abs(Math.Log2(hostPlace / place)).ShouldBeLessThanOrEqualTo(0.5 + 1e-9, $"{format}, place {place}");
            }
        }
    }

    [Fact]
    public void A_slice_stays_in_its_budget_and_has_a_middle_piece()
    {
        foreach (var budgetNs in new double[] { 1, 10_000, 33_333, 150_000, 5_000_000 })
        {
            foreach (var panelNs in new double[] { 900, 7_000, 28_000 })
            {
                var slice = SlicePlan.For(panelNs, budgetNs, 15_000, StepMatmul.MaxPieces);
                (slice.Pieces % 2).ShouldBe(1);
                slice.Pieces.ShouldBeInRange(1, StepMatmul.MaxPieces);
                (slice.Pieces * slice.Panels * panelNs).ShouldBeLessThanOrEqualTo(Math.Max(budgetNs, panelNs));
            }
        }
    }

    [Fact]
    public void Every_option_out_of_range_is_named_at_once()
    {
        var errors = new ComputeOptions { TimeScale = 0, HostShare = 2, QueueCapacity = 0, Kernel = "abacus" }.Validate();
        errors.Count.ShouldBe(4);
        errors.ShouldContain(error => error.StartsWith("compute.time_scale: 0 is outside 0.01"));
    }

    [Fact]
    public void The_histogram_keeps_outliers()
    {
        var ratios = new RatioHistogram();
        for (var i = 0; i < 99; i++) ratios.Record(1);
        ratios.Record(1e9);
        ratios.Count.ShouldBe(100);
        ratios.Quantile(0.5).ShouldBe(1, 0.011);
        ratios.CountAbove(50).ShouldBe(1);
    }

    /// <summary>Everything queued before has run.</summary>
    private static async Task Drained(ComputeHost host)
    {
        var marker = new Marker();
        host.Pool!.TryEnqueue(marker).ShouldBeTrue();
        await marker.Reached;
    }

    private ComputeOptions Small(ComputeMode mode) =>
        new() { Mode = mode, WeightBytes = 4 << 20, CacheDirectory = _directory, Kernel = "scalar", Threads = 1, HostShare = 0.02 };

    private sealed class Marker : IComputeWork
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public void Execute() => _reached.SetResult();
    }

    private sealed class Blocker(ManualResetEventSlim entered, ManualResetEventSlim gate) : IComputeWork
    {
        public void Execute()
        {
            entered.Set();
            gate.Wait();
        }
    }
}
