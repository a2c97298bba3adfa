using System.Diagnostics;
using Cluster.Load;

namespace Cluster.Gateway.Tests.Load;

public sealed class DueTimerTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly DueTimer _timer = new();

    public void Dispose() => _timer.Dispose();

    [Fact]
    public async Task Nobody_goes_before_his_time()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var due = In(TimeSpan.FromMicroseconds(i * 397 % 5_000));
            await _timer.WaitUntilAsync(due).WaitAsync(s_patience);
            Stopwatch.GetTimestamp().ShouldBeGreaterThanOrEqualTo(due);
        }));
    }

    [Fact]
    public async Task Who_comes_later_and_is_due_earlier_does_not_wait_for_the_first()
    {
        var far = _timer.WaitUntilAsync(In(TimeSpan.FromHours(1)));
        foreach (var microseconds in new[] { 5_000, 500, 50 }) await _timer.WaitUntilAsync(In(TimeSpan.FromMicroseconds(microseconds))).WaitAsync(s_patience);
        far.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task The_end_of_the_timer_is_the_end_of_every_wait()
    {
        var far = _timer.WaitUntilAsync(In(TimeSpan.FromHours(1)));
        _timer.Dispose();
        await Should.ThrowAsync<TaskCanceledException>(() => far.WaitAsync(s_patience));
    }

    private static long In(TimeSpan span) => Stopwatch.GetTimestamp() + (long)(span.TotalSeconds * Stopwatch.Frequency);
}
