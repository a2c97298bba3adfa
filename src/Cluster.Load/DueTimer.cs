using System.Diagnostics;
using Cluster.Timing;

namespace Cluster.Load;

/// <summary>
/// Ends waits to within tens of microseconds, where the framework's timers are a millisecond or two late: one thread, on
/// which what waited goes on at once. Waking another for a send would cost more than the send.
/// </summary>
internal sealed class DueTimer : IDisposable
{
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();
    private readonly Lock _gate = new();
    private readonly WakeableSleep _sleep = new();
    private readonly Thread _thread;
    private bool _isDisposed;

    public DueTimer()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "load due" };
        _thread.Start();
    }

    /// <summary>Completes when <see cref="Stopwatch.GetTimestamp"/> reaches this value; is cancelled when the timer is disposed of before.</summary>
    public Task WaitUntilAsync(long timestamp)
    {
        if (Stopwatch.GetTimestamp() >= timestamp) return Task.CompletedTask;
        // No asynchronous continuations: see above.
        var waiting = new TaskCompletionSource();
        bool isFirst;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            isFirst = !_waiting.TryPeek(out _, out var first) || timestamp < first;
            _waiting.Enqueue(waiting, timestamp);
        }

        if (isFirst) _sleep.Wake();
        return waiting.Task;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
        }

        _sleep.Wake();
        if (_thread != Thread.CurrentThread) _thread.Join();
        _sleep.Dispose();
        while (_waiting.TryDequeue(out var waiting, out _)) waiting.TrySetCanceled();
    }

    private void Run()
    {
        PromptThread.Ask();
        while (TryTake(out var due, out var idleNs))
        {
            if (due is null) _sleep.For(idleNs);
            else due.SetResult();
        }
    }

    /// <summary>The next who is due, or null and the time until somebody is; false when the timer has been disposed of.</summary>
    private bool TryTake(out TaskCompletionSource? due, out long idleNs)
    {
        lock (_gate)
        {
            (due, idleNs) = (null, long.MaxValue);
            if (_isDisposed) return false;
            if (!_waiting.TryPeek(out _, out var timestamp)) return true;
            var left = timestamp - Stopwatch.GetTimestamp();
            if (left > 0) idleNs = (long)(left * (1e9 / Stopwatch.Frequency));
            else due = _waiting.Dequeue();
            return true;
        }
    }
}
