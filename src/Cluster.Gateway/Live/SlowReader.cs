using System.Diagnostics;
using Cluster.Engine.Units;
using Cluster.Gateway.Backend;
using Cluster.Grains.Timing;

namespace Cluster.Gateway.Live;

/// <summary>The fault <c>slow_client</c> in force.</summary>
/// <param name="FaultId">As the cluster names it.</param>
/// <param name="UntilNs">Emulated nanoseconds.</param>
internal sealed record ReaderSlowness(string FaultId, double Share, double TokensPerSecond, long UntilNs, Func<double> Draw)
{
    /// <summary>Whether a client that comes now is slow.</summary>
    public bool Strikes(long nowNs) => nowNs < UntilNs && Draw() < Share;
}

/// <summary>
/// A client that reads slower than tokens come: what it has not read waits in the stream, as a number. The first token is
/// read when it comes, each further one a reading time after the one before.
/// </summary>
internal sealed class SlowReader(IInferenceStream stream, double tokensPerSecond, EmulatedClock clock) : IInferenceStream
{
    private long _freeNs = Time.Unset;
    private long _emittedAtTicks;
    private StreamEnd? _end;
    private int _unread;
    private volatile bool _isCancelled;

    public async ValueTask<TokenDelta> ReadAsync()
    {
        if (_unread == 0 && _end is null) await FetchAsync();
        if (_unread > 0 && _freeNs != Time.Unset && !_isCancelled) await clock.WaitUntilAsync(_freeNs);
        if (_isCancelled)
        {
            // Nobody reads any more: the end is what it comes to.
            while (_end is null) await FetchAsync();
            return new TokenDelta(_unread, _emittedAtTicks, _end);
        }

        var nowNs = clock.NowNs;
        _freeNs = Math.Max(nowNs, _freeNs == Time.Unset ? nowNs : _freeNs) + Time.FromSeconds(1 / tokensPerSecond);
        var read = Math.Min(1, _unread);
        _unread -= read;
        return new TokenDelta(read, _unread == 0 ? _emittedAtTicks : Stopwatch.GetTimestamp(), _unread == 0 ? _end : null);
    }

    public void Cancel()
    {
        _isCancelled = true;
        stream.Cancel();
    }

    private async ValueTask FetchAsync()
    {
        var delta = await stream.ReadAsync();
        _unread += delta.Count;
        _emittedAtTicks = delta.EmittedAtTicks;
        _end = delta.End;
    }
}
