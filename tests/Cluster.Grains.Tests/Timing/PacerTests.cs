using System.Diagnostics;
using Cluster.Grains.Timing;

namespace Cluster.Grains.Tests.Timing;

public sealed class PacerTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Pacer _pacer = new();

    public void Dispose() => _pacer.Dispose();

    [Fact]
    public async Task Nobody_is_woken_before_his_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var due = In(TimeSpan.FromMicroseconds(i * 397 % 5_000));
            await _pacer.WaitUntilAsync(due).WaitAsync(s_patience);
            Stopwatch.GetTimestamp().ShouldBeGreaterThanOrEqualTo(due);
        }));
    }

    [Fact]
    public async Task Who_comes_later_and_is_due_earlier_does_not_wait_for_the_first()
    {
        var far = _pacer.WaitUntilAsync(In(TimeSpan.FromHours(1)));
        foreach (var microseconds in new[] { 5_000, 500, 50 }) await _pacer.WaitUntilAsync(In(TimeSpan.FromMicroseconds(microseconds))).WaitAsync(s_patience);
        far.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Sleepers_that_are_given_an_earlier_time_wake_at_it()
    {
        var far = _pacer.WaitUntilAsync(In(TimeSpan.FromHours(1)));
        _pacer.Remap(_ => Stopwatch.GetTimestamp());
        await far.WaitAsync(s_patience);
    }

    [Fact]
    public async Task Who_goes_on_at_once_does_so_on_the_thread_of_the_pacer_and_nobody_else()
    {
        async Task<string?> ThreadAfterAsync(bool goesOnAtOnce)
        {
            await _pacer.WaitUntilAsync(In(TimeSpan.FromHours(1)), goesOnAtOnce).ConfigureAwait(false);
            return Thread.CurrentThread.Name;
        }

        foreach (var goesOnAtOnce in new[] { true, false })
        {
            var woken = ThreadAfterAsync(goesOnAtOnce);
            _pacer.Remap(_ => Stopwatch.GetTimestamp());
            ((await woken.WaitAsync(s_patience)) == "xpyd-pacer").ShouldBe(goesOnAtOnce);
        }
    }

    [Fact]
    public async Task The_end_of_the_pacer_is_the_end_of_every_sleep()
    {
        var far = _pacer.WaitUntilAsync(In(TimeSpan.FromHours(1)));
        _pacer.Dispose();
        await Should.ThrowAsync<TaskCanceledException>(() => far.WaitAsync(s_patience));
        await Should.ThrowAsync<ObjectDisposedException>(() => _pacer.WaitUntilAsync(In(TimeSpan.FromHours(1))));
    }

    [Fact]
    public void It_is_due_when_a_sleeper_is_and_not_while_all_sleep_on()
    {
        var far = _pacer.WaitUntilAsync(In(TimeSpan.FromHours(1)));
        SpinWait.SpinUntil(() => !_pacer.IsDue, s_patience).ShouldBeTrue();
        // Between a sleeper's time and his waking there are microseconds, and whoever looks may miss them: many sleepers, then.
        SpinWait.SpinUntil(
            () =>
            {
                for (var near = _pacer.WaitUntilAsync(In(TimeSpan.FromMilliseconds(1))); !near.IsCompleted;)
                    if (_pacer.IsDue) return true;
                return false;
            },
            s_patience).ShouldBeTrue();
        far.IsCompleted.ShouldBeFalse();
    }

    private static long In(TimeSpan span) => Stopwatch.GetTimestamp() + (long)(span.TotalSeconds * Stopwatch.Frequency);
}
