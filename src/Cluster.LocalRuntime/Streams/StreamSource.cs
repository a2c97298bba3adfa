using Cluster.LocalRuntime.Activations;
using Cluster.LocalRuntime.Calls;

namespace Cluster.LocalRuntime.Streams;

/// <summary>
/// The grain's end of a stream. It touches the grain's enumerator only from turns of the activation, which interleave
/// with its calls, and is cut when the activation ends.
/// </summary>
#pragma warning disable CA1001 // closing the stream disposes of it
internal sealed class StreamSource<T>(MethodPlan plan, object?[] arguments, int maxBatchSize) : IActivationResource
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _cancellation = new();
    private Activation? _activation;
    private IAsyncEnumerator<T>? _items;
    private Task<bool>? _pending;
    private bool _isPulling;
    private bool _isClosed;

    public bool IsClosedByActivation { get; private set; }

    /// <summary>Waits for one item, then takes what is there at once, up to a batch. Empty at the end.</summary>
    public async Task<List<T>> PullAsync(Activation activation)
    {
        Open(activation);
        _isPulling = true;
        try
        {
            List<T> batch = [];
            _pending ??= _items!.MoveNextAsync().AsTask();
            while (await _pending)
            {
                batch.Add(_items!.Current);
                _pending = null;
                if (batch.Count >= maxBatchSize)
                {
                    return batch;
                }

                _pending = _items!.MoveNextAsync().AsTask();
                if (!_pending.IsCompletedSuccessfully)
                {
                    // Not there yet, or failed: what has come goes first, the rest is told by the next pull.
                    return batch;
                }
            }

            return batch;
        }
        finally
        {
            _isPulling = false;
            if (_isClosed)
            {
                await DisposeItemsAsync();
            }
        }
    }

    /// <summary>Sets the grain's token. Runs where the grain runs.</summary>
    public void Cancel() => _cancellation.Cancel();

    /// <summary>The caller is done. Runs as a turn of the activation.</summary>
    public Task CloseAsync()
    {
        _activation?.Detach(this);
        return EndAsync();
    }

    async ValueTask IActivationResource.CloseAsync()
    {
        IsClosedByActivation = true;
        await EndAsync();
    }

    private void Open(Activation activation)
    {
        if (_items is not null)
        {
            return;
        }

        if (plan.CancellationParameter >= 0)
        {
            arguments = (object?[])arguments.Clone();
            arguments[plan.CancellationParameter] = _cancellation.Token;
        }

        _activation = activation;
        activation.Attach(this);
        _items = ((IAsyncEnumerable<T>)plan.Invoke(activation.Instance!, arguments)!).GetAsyncEnumerator(_cancellation.Token);
    }

    private async Task EndAsync()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        await _cancellation.CancelAsync();
        if (!_isPulling)
        {
            await DisposeItemsAsync();
        }
    }

    private async Task DisposeItemsAsync()
    {
        if (_items is not { } items)
        {
            return;
        }

        _items = null;
        if (_pending is { IsCompleted: false } pending)
        {
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        await items.DisposeAsync();
    }
}
