namespace Cluster.Grains.Tests.Contract;

/// <summary>What ends early, breaks or dies, and what outlives it.</summary>
public sealed class EndingContractTests(ContractHost host, RealClockHost real)
{
    private readonly string _key = Guid.NewGuid().ToString();

    private IProbeGrain Grain => host.Client.GetGrain<IProbeGrain>(_key);

    private IKeepingProbeGrain Keeper => host.Client.GetGrain<IKeepingProbeGrain>(_key);

    [Fact]
    public async Task A_timer_on_the_real_clock_ticks_again_and_again()
    {
        var grain = real.Client.GetGrain<IProbeGrain>(_key);
        await grain.StartTimerAsync(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        await UntilAsync(async () => await grain.CountTicksAsync() >= 3);
    }

    [Fact]
    public async Task A_stream_that_breaks_yields_what_came_before_and_tells_why()
    {
        List<int> items = [];
        var failure = await Should.ThrowAsync<InvalidDataException>(async () =>
        {
            await foreach (var item in Grain.FailAfterAsync(3)) items.Add(item);
        });
        items.ShouldBe([1, 2, 3]);
        failure.Message.ShouldBe("The stream breaks here.");
        (await Grain.AppendAsync(1)).ShouldBe(1);
    }

    [Fact]
    public async Task A_stream_that_waits_is_ended_by_its_token()
    {
        using var source = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in Grain.WaitAfterOneAsync(source.Token)) await source.CancelAsync();
        });
        await UntilAsync(Grain.SawCancellationAsync);
    }

    [Fact]
    public async Task A_stream_does_not_go_on_with_another_activation()
    {
        var first = await Grain.GetActivationAsync();
        await using var items = Grain.CountToAsync(int.MaxValue).WithBatchSize(1).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        (await items.MoveNextAsync()).ShouldBeTrue();
        await Grain.DeactivateAsync();
        await UntilAsync(async () => await Grain.GetActivationAsync() != first);
        await Should.ThrowAsync<EnumerationAbortedException>(async () =>
        {
            while (await items.MoveNextAsync())
            {
                // What was on its way may still come.
            }
        });
    }

    [Fact]
    public async Task A_grain_that_is_to_end_is_still_there_for_those_its_last_turn_waits_for()
    {
        Assert.SkipUnless(RuntimeUnderTest.ServesWhileEnding, $"{RuntimeUnderTest.Name} lets them wait for the time-out.");
        var held = Grain.HoldAsync();
        await UntilAsync(async () => await Grain.CountWaitersAsync() == 1);
        await Grain.DeactivateAtOnceAsync();
        await Grain.OpenGateAsync();
        await held;
        await UntilAsync(() => Task.FromResult(ProbeLog.Deactivations.ContainsKey(_key)));
    }

    [Fact]
    public async Task An_observers_answer_and_its_failure_reach_the_grain()
    {
        var observer = new Answerer();
        var reference = host.Client.CreateObjectReference<IAnsweringObserver>(observer);
        (await Grain.AskAsync(reference, 20)).ShouldBe(21);
        (await Should.ThrowAsync<InvalidOperationException>(() => Grain.AskAsync(reference, -1))).Message.ShouldBe("less than nothing");
        (await Grain.AskAsync(reference, 1)).ShouldBe(2);
        host.Client.DeleteObjectReference<IAnsweringObserver>(reference);
        GC.KeepAlive(observer);
    }

    [Fact]
    public async Task A_failure_of_a_call_that_waits_for_no_answer_is_heard_by_nobody()
    {
        await Grain.FailUnheardAsync();
        (await Grain.AppendAsync(3)).ShouldBe(3);
    }

    [Fact]
    public async Task State_that_was_written_outlives_its_activation()
    {
        await Keeper.SetAsync(7, writes: true);
        await EndKeeperAsync();
        (await Keeper.GetAsync()).ShouldBe(7);
    }

    [Fact]
    public async Task State_that_was_not_written_dies_with_its_activation()
    {
        await Keeper.SetAsync(7, writes: true);
        await Keeper.SetAsync(8, writes: false);
        (await Keeper.GetAsync()).ShouldBe(8);
        await EndKeeperAsync();
        (await Keeper.GetAsync()).ShouldBe(7);
    }

    [Fact]
    public async Task State_that_was_cleared_is_as_if_it_had_never_been()
    {
        await Keeper.SetAsync(7, writes: true);
        await Keeper.ClearAsync();
        (await Keeper.GetAsync()).ShouldBe(0);
        await EndKeeperAsync();
        (await Keeper.GetAsync()).ShouldBe(0);
    }

    private async Task EndKeeperAsync()
    {
        var first = await Keeper.GetActivationAsync();
        await Keeper.DeactivateAsync();
        await UntilAsync(async () => await Keeper.GetActivationAsync() != first);
    }

    /// <summary>Asks again until the answer is yes; a suite that hangs is ended by its runner.</summary>
    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo()) await Task.Yield();
    }

    private sealed class Answerer : IAnsweringObserver
    {
        public Task<int> AnswerAsync(int value) => value < 0 ? throw new InvalidOperationException("less than nothing") : Task.FromResult(value + 1);
    }
}
