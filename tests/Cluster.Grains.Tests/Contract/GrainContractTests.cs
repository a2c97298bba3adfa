
namespace Cluster.Grains.Tests.Contract;

/// <summary>What the grains may count on, whichever runtime carries them.</summary>
public sealed class GrainContractTests(ContractHost host)
{
    private readonly IProbeGrain _grain = host.Client.GetGrain<IProbeGrain>(Guid.NewGuid().ToString());

    /// <summary>While a grain is being activated, calls to it may overtake one another; from its first answer on they do not.</summary>
    [Fact]
    public async Task Calls_of_one_caller_to_an_active_grain_run_in_the_order_in_which_they_were_made()
    {
        await _grain.GetActivationAsync();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_grain.AppendAsync));
        (await _grain.GetAppendedAsync()).ShouldBe(Enumerable.Range(0, 200));
    }

    [Fact]
    public async Task A_call_waits_for_the_one_before_it_but_an_interleaving_one_does_not()
    {
        await _grain.GetActivationAsync();
        var holding = _grain.HoldAsync();
        var waiting = _grain.AppendAsync(1);
        await UntilAsync(async () => await _grain.CountWaitersAsync() == 1);
        waiting.IsCompleted.ShouldBeFalse();
        await _grain.OpenGateAsync();
        await holding;
        (await waiting).ShouldBe(1);
    }

    [Fact]
    public async Task Outside_of_turns_a_grain_factory_is_not_given_but_one_that_was_kept_works() =>
        (await _grain.IsRefusedOutsideOfTurnsAsync(Guid.NewGuid().ToString())).ShouldBeTrue();

    [Fact]
    public async Task A_reentrant_grain_may_wait_for_itself()
    {
        var grain = host.Client.GetGrain<IReentrantProbeGrain>(Guid.NewGuid().ToString());
        (await grain.CallItselfAsync(10)).ShouldBe(10);
    }

    [Fact]
    public async Task Interleaved_turns_never_run_at_the_same_time()
    {
        var grain = host.Client.GetGrain<IReentrantProbeGrain>(Guid.NewGuid().ToString());
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => grain.IncrementAsync(200))));
        (await grain.IncrementAsync(0)).ShouldBe(3200);
    }

    [Fact]
    public async Task A_grain_that_blocks_its_thread_does_not_hold_back_the_call_it_waits_for()
    {
        Assert.SkipUnless(RuntimeUnderTest.LetsGrainsBlock, $"{RuntimeUnderTest.Name} makes no promise to grains that block.");
        (await _grain.BlockOnAsync(Guid.NewGuid().ToString())).ShouldBe(7);
    }

    [Fact]
    public async Task A_grain_that_blocks_its_thread_does_not_hold_back_the_sleep_it_waits_for() =>
        (await _grain.BlockAfterSleepAsync()).ShouldBeTrue();

    [Fact]
    public async Task What_follows_an_await_runs_on_the_grains_scheduler() =>
        (await _grain.ContinuesOnItsSchedulerAsync()).ShouldBeTrue();

    [Fact]
    public async Task A_failure_reaches_the_caller_and_leaves_the_grain_alive()
    {
        var failure = await Should.ThrowAsync<InvalidOperationException>(() => _grain.FailAsync("as asked"));
        failure.Message.ShouldBe("as asked");
        (await _grain.AppendAsync(7)).ShouldBe(7);
    }

    [Fact]
    public async Task A_failed_activation_reaches_the_caller()
    {
        var broken = host.Client.GetGrain<IProbeGrain>("broken-" + Guid.NewGuid());
        await Should.ThrowAsync<InvalidDataException>(broken.GetAppendedAsync);
    }

    [Fact]
    public async Task A_set_token_frees_the_caller_and_is_seen_by_the_grain()
    {
        using var source = new CancellationTokenSource();
        var call = _grain.WaitForCancellationAsync(source.Token);
        await UntilAsync(async () => await _grain.CountWaitersAsync() == 1);
        await source.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => call);
        await UntilAsync(_grain.SawCancellationAsync);
    }

    [Fact]
    public async Task A_token_that_is_set_already_keeps_the_call_from_being_made()
    {
        await Should.ThrowAsync<OperationCanceledException>(() => _grain.WaitForCancellationAsync(new CancellationToken(canceled: true)));
        (await _grain.SawCancellationAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_after_deactivation_makes_a_new_activation()
    {
        var first = await _grain.GetActivationAsync();
        await _grain.AppendAsync(1);
        await _grain.DeactivateAsync();
        await UntilAsync(async () => await _grain.GetActivationAsync() != first);
        (await _grain.GetAppendedAsync()).ShouldBeEmpty();
        ProbeLog.Deactivations[_grain.GetPrimaryKeyString()].ShouldBe(1);
    }

    [Fact]
    public async Task Calls_that_wait_while_a_grain_deactivates_reach_its_successor()
    {
        await _grain.GetActivationAsync();
        var holding = _grain.HoldAsync();
        var ending = _grain.DeactivateAsync();
        var waiting = Enumerable.Range(0, 20).Select(_grain.AppendAsync).ToArray();
        await _grain.OpenGateAsync();
        await Task.WhenAll([holding, ending, .. waiting]);
        (await _grain.GetAppendedAsync()).Order().ShouldBe(Enumerable.Range(0, 20));
    }

    [Fact]
    public async Task References_to_one_grain_are_equal()
    {
        var key = Guid.NewGuid().ToString();
        host.Client.GetGrain<IProbeGrain>(key).ShouldBe(host.Client.GetGrain<IProbeGrain>(key));
        host.Client.GetGrain<IProbeGrain>(key).GetPrimaryKeyString().ShouldBe(key);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_timer_follows_the_clock_it_was_given_and_is_armed_again_after_its_callback()
    {
        await _grain.StartTimerAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1));
        (await _grain.CountTicksAsync()).ShouldBe(0);
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        await UntilAsync(async () => await _grain.CountTicksAsync() == 1);
        await UntilAsync(async () =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            return await _grain.CountTicksAsync() >= 3;
        });
    }

    [Fact]
    public async Task A_timer_ends_with_its_activation()
    {
        var first = await _grain.GetActivationAsync();
        await _grain.StartTimerAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        await _grain.DeactivateAsync();
        await UntilAsync(async () => await _grain.GetActivationAsync() != first);
        host.Clock.Advance(TimeSpan.FromSeconds(10));
        (await _grain.CountTicksAsync()).ShouldBe(0);
        ProbeLog.Ticks.ContainsKey(_grain.GetPrimaryKeyString()).ShouldBeFalse();
    }

    [Fact]
    public async Task A_stream_yields_every_item_in_order_across_batches()
    {
        List<int> items = [];
        await foreach (var item in _grain.CountToAsync(250))
        {
            items.Add(item);
        }

        items.ShouldBe(Enumerable.Range(1, 250));
    }

    [Fact]
    public async Task A_stream_left_early_leaves_the_grain_free()
    {
        await foreach (var item in _grain.CountToAsync(int.MaxValue).WithBatchSize(1))
        {
            if (item == 3)
            {
                break;
            }
        }

        (await _grain.AppendAsync(1)).ShouldBe(1);
    }

    [Fact]
    public async Task An_observer_hears_everything_in_order()
    {
        var observer = new Listener();
        var reference = host.Client.CreateObjectReference<IProbeObserver>(observer);
        await _grain.NotifyAsync(reference, 100);
        await UntilAsync(() => Task.FromResult(observer.Count == 100));
        observer.Heard.ShouldBe(Enumerable.Range(0, 100));
        host.Client.DeleteObjectReference<IProbeObserver>(reference);
        GC.KeepAlive(observer);
    }

    /// <summary>Asks again until the answer is yes; a suite that hangs is ended by its runner.</summary>
    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo())
        {
            await Task.Yield();
        }
    }

    private sealed class Listener : IProbeObserver
    {
        private readonly List<int> _heard = [];

        public int Count
        {
            get
            {
                lock (_heard)
                {
                    return _heard.Count;
                }
            }
        }

        public int[] Heard
        {
            get
            {
                lock (_heard)
                {
                    return [.. _heard];
                }
            }
        }

        public void Notify(int value)
        {
            lock (_heard)
            {
                _heard.Add(value);
            }
        }
    }
}
