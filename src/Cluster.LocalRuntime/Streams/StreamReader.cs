using Orleans.Runtime;

namespace Cluster.LocalRuntime.Streams;

/// <summary>The caller's end of a stream: asks for the next batch when the last one is used up.</summary>
internal sealed class StreamReader<T> : IAsyncEnumerator<T>
{
    private readonly StreamSource<T> _source;
    private readonly GrainReference _reference;
    private readonly CancellationTokenSource _cancellation;
    private StreamTurn<T>? _first;
    private List<T> _batch = [];
    private int _index = -1;
    private bool _isDisposed;

    public StreamReader(StreamSource<T> source, GrainReference reference, CancellationToken own, CancellationToken enumeration)
    {
        _source = source;
        _reference = reference;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(own, enumeration);
    }

    public T Current => _index >= 0 && _index < _batch.Count
        ? _batch[_index]
        : throw new InvalidOperationException("There is no current item.");

    public async ValueTask<bool> MoveNextAsync()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (++_index < _batch.Count)
        {
            return true;
        }

        _cancellation.Token.ThrowIfCancellationRequested();
        _batch = await PullAsync();
        _index = 0;
        return _batch.Count > 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (_first?.Host is { } activation)
        {
            var close = new StreamTurn<T>(_source, static async (source, _) =>
            {
                await source.CloseAsync();
                return [];
            });
            if (activation.TryReceive(close))
            {
                await ((Task)close.Answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _cancellation.Dispose();
    }

    private async Task<List<T>> PullAsync()
    {
        var pull = new StreamTurn<T>(_source, static (source, activation) => source.PullAsync(activation));
        if (_first is null)
        {
            _first = pull;
            _reference.Send(pull);
        }
        else if (_first.Host is not { } activation || !activation.TryReceive(pull))
        {
            pull.Reject(StreamTurn<T>.Aborted(_reference.GrainId));
        }

        using var registration = _cancellation.Token.UnsafeRegister(
            static (state, token) => ((StreamTurn<T>)state!).Cancel(token), pull);
        return await pull.Answer;
    }
}
