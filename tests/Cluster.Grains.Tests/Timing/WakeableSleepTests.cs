using Cluster.Timing;

namespace Cluster.Grains.Tests.Timing;

public sealed class WakeableSleepTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly WakeableSleep _sleep = new();

    public void Dispose() => _sleep.Dispose();

    [Fact]
    public async Task Who_sleeps_for_ever_wakes_when_called()
    {
        var sleeper = Task.Factory.StartNew(() => _sleep.For(long.MaxValue), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _sleep.Wake();
        await sleeper.WaitAsync(s_patience);
    }

    [Fact]
    public void A_call_that_came_before_the_sleep_ends_it_and_many_count_as_one()
    {
        for (var i = 0; i < 3; i++) _sleep.Wake();
        _sleep.For(long.MaxValue);
        _sleep.Wake();
        _sleep.For(long.MaxValue);
    }

    [Fact]
    public async Task No_call_is_lost_between_two_threads()
    {
        var round = 0;
        var answered = new SemaphoreSlim(0);
        var sleeper = Task.Factory.StartNew(() =>
        {
            for (var i = 1; i <= 2_000; i++)
            {
                while (Volatile.Read(ref round) < i) _sleep.For(long.MaxValue);
                answered.Release();
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var i = 1; i <= 2_000; i++)
        {
            Volatile.Write(ref round, i);
            _sleep.Wake();
            (await answered.WaitAsync(s_patience)).ShouldBeTrue();
        }

        await sleeper.WaitAsync(s_patience);
    }

    [Fact]
    public void A_sleep_with_an_end_ends()
    {
        _sleep.For(1_000);
        _sleep.For(0);
        _sleep.For(-5);
    }
}
