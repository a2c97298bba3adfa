using System.Collections.Concurrent;

namespace Cluster.Load.Soak;

/// <summary>Counts what becomes of streams, from many threads.</summary>
internal sealed class SoakTally
{
    private const int FaultsKept = 10;

    private readonly ConcurrentQueue<string> _faults = new();
    private long _sent;
    private long _completed;
    private long _refused;
    private long _disconnected;
    private long _failed;
    private long _tokens;
    private int _open;
    private int _mostOpen;

    public void Sent() => Interlocked.Increment(ref _sent);

    public void Completed() => Interlocked.Increment(ref _completed);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Disconnected() => Interlocked.Increment(ref _disconnected);

    public void Failed(string why)
    {
        Interlocked.Increment(ref _failed);
        if (_faults.Count < FaultsKept) _faults.Enqueue(why);
    }

    public void Tokens(int count) => Interlocked.Add(ref _tokens, count);

    public void Opened()
    {
        var open = Interlocked.Increment(ref _open);
        for (var most = Volatile.Read(ref _mostOpen); open > most; most = Volatile.Read(ref _mostOpen))
            if (Interlocked.CompareExchange(ref _mostOpen, open, most) == most) return;
    }

    public void Closed() => Interlocked.Decrement(ref _open);

    public SoakOutcome Outcome() => new(
        Interlocked.Read(ref _sent), Interlocked.Read(ref _completed), Interlocked.Read(ref _refused), Interlocked.Read(ref _disconnected),
        Interlocked.Read(ref _failed), Interlocked.Read(ref _tokens), Volatile.Read(ref _mostOpen), [.. _faults.Take(FaultsKept)]);
}
