using System.Diagnostics;
using Cluster.Grains.Hosting;
using Cluster.Timing;

namespace Cluster.Grains.Timing;

/// <summary>
/// Wakes sleepers to within tens of microseconds: one thread for the process, where a timer of the framework would be
/// a millisecond or more off. Where the runtime allows it, what a sleeper does then runs on that thread, too: to wake
/// another for it costs more than most steps take.
/// </summary>
public sealed class Pacer : IDisposable
{
    /// <summary>When another sleeper has been due for longer than this, the thread pool takes part.</summary>
    private static readonly long s_behind = Stopwatch.Frequency / 4_000;

    /// <summary>For so long a thread that goes before all others makes up for what it missed; then the pool takes part, which leaves others their share.</summary>
    private static readonly long s_longestRush = Stopwatch.Frequency / 20;

    /// <summary>Whoever keeps the thread for longer blocks it: another thread takes over.</summary>
    private static readonly TimeSpan s_longestStay = TimeSpan.FromMilliseconds(200);

    /// <summary>How often that is looked at; each look wakes two threads.</summary>
    private static readonly TimeSpan s_lookPeriod = TimeSpan.FromMilliseconds(500);

    private readonly PriorityQueue<TaskCompletionSource, long> _sleepers = new();
    private readonly Lock _gate = new();
    private readonly WakeableSleep _sleep = new();
    private readonly Timer _watch;
    private Thread _thread = null!;
    private long _sleepsUntil = long.MinValue;
    private long _awakeSince;
    private long _busySince;
    private bool _goesFirst;
    private volatile bool _disposed;

    public Pacer()
    {
        lock (_gate) Start();
        _watch = new Timer(static pacer => ((Pacer)pacer!).ReplaceIfBlocked(), this, s_lookPeriod, s_lookPeriod);
    }

    /// <summary>Somebody is to be woken, or has been and is at work. Whoever has time should let this thread go first.</summary>
    public bool IsDue => Stopwatch.GetTimestamp() >= Volatile.Read(ref _sleepsUntil);

    /// <summary>Completes when <see cref="Stopwatch.GetTimestamp"/> reaches this value.</summary>
    /// <param name="goesOnAtOnce">Who awaits it without its context runs on this pacer's thread; else on the thread pool.</param>
    public Task WaitUntilAsync(long timestamp, bool goesOnAtOnce = false)
    {
        // On this pacer's own thread others may be due before.
        if (Stopwatch.GetTimestamp() >= timestamp && !(goesOnAtOnce && Thread.CurrentThread == _thread)) return Task.CompletedTask;
        var sleeper = new TaskCompletionSource(goesOnAtOnce ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
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
        Thread last;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            last = _thread;
        }

        _watch.Dispose();
        _sleep.Wake();
        // One of its own sleepers may be what ends it.
        if (last != Thread.CurrentThread) last.Join();
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

    private void Start()
    {
        _awakeSince = _busySince = 0;
        _thread = new Thread(Run) { IsBackground = true, Name = "xpyd-pacer" };
        _thread.Start();
    }

    private void ReplaceIfBlocked()
    {
        lock (_gate)
        {
            if (!_disposed && _awakeSince != 0 && Stopwatch.GetElapsedTime(_awakeSince) > s_longestStay) Start();
        }
    }

    private void Run()
    {
        _goesFirst = PromptThread.AskToGoFirst();
        while (TryTake(out var sleeper, out var idleTicks, out var isBehind))
        {
            if (sleeper is null) _sleep.For(idleTicks == long.MaxValue ? long.MaxValue : (long)(idleTicks * (1e9 / Stopwatch.Frequency)));
            else if (isBehind) ThreadPool.UnsafeQueueUserWorkItem(static waiting => waiting.SetResult(), sleeper, preferLocal: false);
            else ClusterRuntime.Wake(sleeper);
        }
    }

    /// <summary>The next who is due, or null; false when this thread has nothing to do here any more.</summary>
    /// <param name="idleTicks">Until the first is due, where none is.</param>
    /// <param name="isBehind">Others have been due for too long already, or this thread has gone first for too long.</param>
    private bool TryTake(out TaskCompletionSource? sleeper, out long idleTicks, out bool isBehind)
    {
        lock (_gate)
        {
            (sleeper, idleTicks, isBehind, _sleepsUntil) = (null, 0, false, long.MinValue);
            if (_disposed || _thread != Thread.CurrentThread) return false;
            var now = Stopwatch.GetTimestamp();
            var due = _sleepers.TryPeek(out _, out var first) ? first : long.MaxValue;
            if (due > now)
            {
                (_awakeSince, _busySince, _sleepsUntil) = (0, 0, due);
                idleTicks = due == long.MaxValue ? due : due - now;
                return true;
            }

            (sleeper, _awakeSince) = (_sleepers.Dequeue(), now);
            if (_busySince == 0) _busySince = now;
            isBehind = _goesFirst ? now - _busySince > s_longestRush : _sleepers.TryPeek(out _, out var next) && now - next > s_behind;
            return true;
        }
    }
}
