using System.Threading.Tasks.Sources;

namespace Cluster.Gateway.Backend;

/// <summary>
/// A stream that producers push into from any thread. What the reader has not fetched yet adds up in a counter, so a
/// slow reader costs a few bytes, never a queue, and holds up nobody. Nothing is allocated per token.
/// </summary>
public sealed class PushStream : IInferenceStream, IValueTaskSource<TokenDelta>
{
    private readonly Lock _gate = new();
    private readonly Action<PushStream>? _onCancel;
    private ManualResetValueTaskSourceCore<TokenDelta> _ready;
    private StreamEnd? _end;
    private long _emittedAtTicks;
    private int _pending;
    private bool _isAwaited;
    private bool _isCancelled;

    /// <param name="id">Given back to <paramref name="onCancel"/>, and the key in a <see cref="StreamFanout"/>.</param>
    /// <param name="onCancel">Told once, on the canceller's thread, when the client has gone before the end.</param>
    /// <param name="runReaderInline">
    /// True: the reader runs on the pushing thread, before <see cref="Push"/> returns. Only for producers that own
    /// their thread; <see cref="StreamFanout"/> does.
    /// </param>
    public PushStream(long id, Action<PushStream>? onCancel = null, bool runReaderInline = false)
    {
        Id = id;
        _onCancel = onCancel;
        _ready.RunContinuationsAsynchronously = !runReaderInline;
    }

    public long Id { get; }

    /// <summary>Tokens pushed so far.</summary>
    public int Pushed { get; private set; }

    /// <summary>True once the end was pushed; later pushes are refused.</summary>
    public bool HasEnded => Volatile.Read(ref _end) is not null;

    /// <summary>Makes tokens visible, and ends the stream if <paramref name="end"/> is given.</summary>
    /// <returns>False when the stream had ended before: nothing was added.</returns>
    public bool Push(int count, long emittedAtTicks, StreamEnd? end = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        TokenDelta delta;
        lock (_gate)
        {
            if (_end is not null) return false;
            if (count == 0 && end is null) return true;
            _pending += count;
            Pushed += count;
            _emittedAtTicks = emittedAtTicks;
            _end = end;
            if (!_isAwaited) return true;
            _isAwaited = false;
            delta = Take();
        }

        _ready.SetResult(delta);
        return true;
    }

    public ValueTask<TokenDelta> ReadAsync()
    {
        lock (_gate)
        {
            if (_isAwaited) throw new InvalidOperationException("A stream has one reader, and it is waiting already.");
            if (_pending > 0 || _end is not null) return new ValueTask<TokenDelta>(Take());
            _ready.Reset();
            _isAwaited = true;
            return new ValueTask<TokenDelta>(this, _ready.Version);
        }
    }

    public void Cancel()
    {
        lock (_gate)
        {
            if (_isCancelled || _end is not null) return;
            _isCancelled = true;
        }

        _onCancel?.Invoke(this);
    }

    private TokenDelta Take()
    {
        var delta = new TokenDelta(_pending, _emittedAtTicks, _end);
        _pending = 0;
        return delta;
    }

    TokenDelta IValueTaskSource<TokenDelta>.GetResult(short token) => _ready.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<TokenDelta>.GetStatus(short token) => _ready.GetStatus(token);

    void IValueTaskSource<TokenDelta>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _ready.OnCompleted(continuation, state, token, flags);
}
