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
    public async Task The_end_of_the_pacer_is_the_end_of_every_sleep()
    {
        var far = _pacer.WaitUntilAsync(In(TimeSpan.FromHours(1)));
        _pacer.Dispose();
        await Should.ThrowAsync<TaskCanceledException>(() => far.WaitAsync(s_patience));
        await Should.ThrowAsync<ObjectDisposedException>(() => _pacer.WaitUntilAsync(In(TimeSpan.FromHours(1))));
    }

    private static long In(TimeSpan span) => Stopwatch.GetTimestamp() + (long)(span.TotalSeconds * Stopwatch.Frequency);
}
