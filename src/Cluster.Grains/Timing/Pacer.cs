using System.Diagnostics;

namespace Cluster.Grains.Timing;

/// <summary>
/// Wakes sleepers to within tens of microseconds: one thread for the process, where a timer of the framework would be
/// a millisecond or more off.
/// </summary>
public sealed class Pacer : IDisposable
{
    private readonly PriorityQueue<TaskCompletionSource, long> _sleepers = new();
    private readonly Lock _gate = new();
    private readonly WakeableSleep _sleep = new();
    private readonly Thread _thread;
    private long _sleepsUntil = long.MinValue;
    private volatile bool _disposed;

    public Pacer()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "xpyd-pacer", Priority = ThreadPriority.Highest };
        _thread.Start();
    }

    /// <summary>Completes when <see cref="Stopwatch.GetTimestamp"/> reaches this value.</summary>
    public Task WaitUntilAsync(long timestamp)
    {
        if (Stopwatch.GetTimestamp() >= timestamp) return Task.CompletedTask;
        var sleeper = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isEarliest;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _sleepers.Enqueue(sleeper, timestamp);
            isEarliest = TakeWakeUp(timestamp);
        }

        if (isEarliest) _sleep.Wake();
        return sleeper.Task;
    }

    /// <summary>Sleepers wake at other times from now on.</summary>
    public void Remap(Func<long, long> timestamp)
    {
        ArgumentNullException.ThrowIfNull(timestamp);
        bool isEarlier;
        lock (_gate)
        {
            var sleepers = _sleepers.UnorderedItems.ToArray();
            _sleepers.Clear();
            foreach (var (sleeper, due) in sleepers) _sleepers.Enqueue(sleeper, timestamp(due));
            isEarlier = _sleepers.TryPeek(out _, out var first) && TakeWakeUp(first);
        }

        if (isEarlier) _sleep.Wake();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
        }

        _sleep.Wake();
        _thread.Join();
        _sleep.Dispose();
        while (_sleepers.TryDequeue(out var sleeper, out _)) sleeper.TrySetCanceled();
    }

    /// <summary>Whether the thread sleeps beyond this moment: then whoever asks has to wake it, and nobody after him. Under the lock.</summary>
    private bool TakeWakeUp(long timestamp)
    {
        if (timestamp >= _sleepsUntil) return false;
        _sleepsUntil = long.MinValue;
        return true;
    }

    private void Run()
    {
        WakeableSleep.Sharpen();
        while (!_disposed)
        {
            long due;
            lock (_gate)
            {
                while (_sleepers.TryPeek(out var sleeper, out due) && due <= Stopwatch.GetTimestamp())
                {
                    _sleepers.Dequeue();
                    sleeper.SetResult();
                }

                _sleepsUntil = due = _sleepers.TryPeek(out _, out due) ? due : long.MaxValue;
            }

            _sleep.For(due == long.MaxValue ? long.MaxValue : (long)((due - Stopwatch.GetTimestamp()) * (1e9 / Stopwatch.Frequency)));
        }
    }
}
