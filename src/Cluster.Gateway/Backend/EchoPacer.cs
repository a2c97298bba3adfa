using System.Diagnostics;
using Cluster.Timing;

namespace Cluster.Gateway.Backend;

/// <summary>One paced stream: emits a token whenever its due time comes; of a pacer that is late by more than a gap, all that are due together.</summary>
internal sealed class PacedStream(EchoBackend backend, PushStream stream, int tokens, StreamEnd.Finished end)
{
    private int _left = tokens;

    public long DueTicks { get; set; }

    /// <returns>True while there is more to come.</returns>
    public bool Emit(long nowTicks, long gapTicks)
    {
        if (stream.HasEnded) return false;
        var due = (int)Math.Clamp(1 + (nowTicks - DueTicks) / gapTicks, 1, _left);
        _left -= due;
        DueTicks += due * gapTicks;
        backend.Push(stream, due, nowTicks, _left == 0 ? end : null);
        return _left > 0;
    }
}

/// <summary>
/// A thread with a timer wheel of 1 ms slots: all streams of a slot are written in one go, since waking up for each costs more than
/// writing it does. Due times are absolute (start + k · gap), so lateness never adds up.
/// </summary>
internal sealed class EchoPacer : IDisposable
{
    private const int SlotsPerSecond = 1000;

    private readonly PacerWheel _wheel = new(Stopwatch.Frequency / SlotsPerSecond);
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _hasWork = new();
    private readonly long _gapTicks;
    private readonly Thread _thread;
    private volatile bool _isDisposed;
    private int _streams;

    public EchoPacer(TimeSpan gap)
    {
        _gapTicks = ToTicks(gap);
        _thread = new Thread(Run) { IsBackground = true, Name = "echo pacer" };
        _thread.Start();
    }

    public void Add(PacedStream stream, TimeSpan firstTokenDelay)
    {
        stream.DueTicks = Stopwatch.GetTimestamp() + ToTicks(firstTokenDelay) + (firstTokenDelay == TimeSpan.Zero ? _gapTicks : 0);
        lock (_gate)
        {
            _streams++;
            _wheel.Insert(stream);
        }

        _hasWork.Set();
    }

    public void Dispose()
    {
        _isDisposed = true;
        _hasWork.Set();
        _thread.Join();
        _hasWork.Dispose();
    }

    private static long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);

    private void Run()
    {
        PromptThread.Ask();
        lock (_gate) _wheel.SkipTo(Stopwatch.GetTimestamp());
        var due = new List<PacedStream>();
        while (true)
        {
            _hasWork.Wait();
            if (_isDisposed) return;
            var now = Stopwatch.GetTimestamp();
            if (Volatile.Read(ref _streams) == 0)
            {
                lock (_gate)
                {
                    _wheel.SkipTo(now);
                    if (_streams == 0 && !_isDisposed) _hasWork.Reset();
                }

                continue;
            }

            while (_wheel.NextTicks <= now) RunSlot(due);
            var waitTicks = _wheel.NextTicks - Stopwatch.GetTimestamp();
            if (waitTicks > 0) FineSleep.For((long)(waitTicks * (1e9 / Stopwatch.Frequency)));
        }
    }

    private void RunSlot(List<PacedStream> due)
    {
        due.Clear();
        lock (_gate) _wheel.TakeNext(due);
        foreach (var stream in due)
        {
            var goesOn = stream.Emit(Stopwatch.GetTimestamp(), _gapTicks);
            lock (_gate)
            {
                if (goesOn) _wheel.Insert(stream);
                else _streams--;
            }
        }
    }
}
