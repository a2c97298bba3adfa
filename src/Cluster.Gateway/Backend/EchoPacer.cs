using System.Diagnostics;
using Cluster.Grains.Timing;

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
    private const int Slots = 4096;
    private const int SlotsPerSecond = 1000;

    private readonly List<PacedStream>[] _wheel = new List<PacedStream>[Slots];
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _hasWork = new();
    private readonly long _gapTicks;
    private readonly Thread _thread;
    private volatile bool _isDisposed;
    private int _streams;
    private long _nextSlot;

    public EchoPacer(TimeSpan gap)
    {
        _gapTicks = ToTicks(gap);
        for (var i = 0; i < Slots; i++) _wheel[i] = [];
        _thread = new Thread(Run) { IsBackground = true, Name = "echo pacer" };
        _thread.Start();
    }

    private static long TicksPerSlot => Stopwatch.Frequency / SlotsPerSecond;

    public void Add(PacedStream stream, TimeSpan firstTokenDelay)
    {
        stream.DueTicks = Stopwatch.GetTimestamp() + ToTicks(firstTokenDelay) + (firstTokenDelay == TimeSpan.Zero ? _gapTicks : 0);
        lock (_gate)
        {
            _streams++;
            Insert(stream);
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

    /// <summary>Under the gate. What is late already goes into the next slot, not into the past.</summary>
    private void Insert(PacedStream stream)
    {
        var slot = Math.Max((stream.DueTicks + TicksPerSlot - 1) / TicksPerSlot, _nextSlot);
        _wheel[slot % Slots].Add(stream);
    }

    private void Run()
    {
        Volatile.Write(ref _nextSlot, Stopwatch.GetTimestamp() / TicksPerSlot);
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
                    _nextSlot = now / TicksPerSlot;
                    if (_streams == 0 && !_isDisposed) _hasWork.Reset();
                }

                continue;
            }

            for (var last = now / TicksPerSlot; _nextSlot <= last;) RunSlot(due);
            var waitTicks = _nextSlot * TicksPerSlot - Stopwatch.GetTimestamp();
            if (waitTicks > 0) FineSleep.For((long)(waitTicks * (1e9 / Stopwatch.Frequency)));
        }
    }

    /// <summary>Emits for the streams due in the next slot; those of a later turn of the wheel stay.</summary>
    private void RunSlot(List<PacedStream> due)
    {
        lock (_gate)
        {
            var slotEndTicks = _nextSlot * TicksPerSlot;
            var entries = _wheel[_nextSlot % Slots];
            for (var i = entries.Count - 1; i >= 0; i--)
            {
                if (entries[i].DueTicks > slotEndTicks) continue;
                due.Add(entries[i]);
                entries[i] = entries[^1];
                entries.RemoveAt(entries.Count - 1);
            }

            _nextSlot++;
        }

        foreach (var stream in due)
        {
            var goesOn = stream.Emit(Stopwatch.GetTimestamp(), _gapTicks);
            lock (_gate)
            {
                if (goesOn) Insert(stream);
                else _streams--;
            }
        }

        due.Clear();
    }
}
