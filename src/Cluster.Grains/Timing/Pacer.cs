using System.Diagnostics;

namespace Cluster.Grains.Timing;

/// <summary>
/// Wakes sleepers to within tens of microseconds: one thread for the process, where a timer of the framework would be
/// a millisecond or more off.
/// </summary>
public sealed class Pacer : IDisposable
{
    /// <summary>The longest sleep, so that an earlier sleeper that joins meanwhile is late by no more.</summary>
    private const long MaxNapNs = 200_000;

    private readonly PriorityQueue<TaskCompletionSource, long> _sleepers = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly Thread _thread;
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
        bool first;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            first = _sleepers.Count == 0;
            _sleepers.Enqueue(sleeper, timestamp);
        }

        if (first) _work.Release();
        return sleeper.Task;
    }

    /// <summary>Sleepers wake at other times from now on.</summary>
    public void Remap(Func<long, long> timestamp)
    {
        ArgumentNullException.ThrowIfNull(timestamp);
        lock (_gate)
        {
            var sleepers = _sleepers.UnorderedItems.ToArray();
            _sleepers.Clear();
            foreach (var (sleeper, due) in sleepers) _sleepers.Enqueue(sleeper, timestamp(due));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
        }

        _work.Release();
        _thread.Join();
        _work.Dispose();
        while (_sleepers.TryDequeue(out var sleeper, out _)) sleeper.TrySetCanceled();
    }

    private void Run()
    {
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

                due = _sleepers.TryPeek(out _, out due) ? due : long.MaxValue;
            }

            if (due == long.MaxValue) _work.Wait();
            else FineSleep.For(Math.Min(MaxNapNs, (long)((due - Stopwatch.GetTimestamp()) * (1e9 / Stopwatch.Frequency))));
        }
    }
}
