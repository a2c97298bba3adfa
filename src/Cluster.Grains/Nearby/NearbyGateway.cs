using Cluster.Grains.Messages;

namespace Cluster.Grains.Nearby;

/// <summary>
/// A gateway that is told on the thread of whoever has tokens for it, one at a time, as the runtime tells it: who comes while another
/// delivers leaves his with that one.
/// </summary>
internal sealed class NearbyGateway(IGatewayObserver gateway)
{
    /// <summary>Of others, that one thread delivers besides its own; it has steps to go on with.</summary>
    private const int MaxFavours = 8;

    private readonly Queue<(TokenBatch Batch, TaskCompletionSource Delivered)> _left = new();
    private bool _isBusy;

    /// <summary>Completes when the gateway has these tokens, and fails as it failed.</summary>
    public Task DeliverAsync(TokenBatch batch)
    {
        lock (_left)
        {
            if (_isBusy)
            {
                var delivered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _left.Enqueue((batch, delivered));
                return delivered.Task;
            }

            _isBusy = true;
        }

        var own = TellAsync(batch);
        if (!own.IsCompleted) _ = DeliverOthersAfterAsync(own);
        else if (TryTake(out var next)) _ = DeliverOthersAsync(next);
        return own;
    }

    private async Task TellAsync(TokenBatch batch) => await gateway.OnTokensAsync(batch);

    private async Task DeliverOthersAfterAsync(Task own)
    {
        await own.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (TryTake(out var next)) await DeliverOthersAsync(next);
    }

    private async Task DeliverOthersAsync((TokenBatch Batch, TaskCompletionSource Delivered) one)
    {
        for (var favours = 1; ; favours++)
        {
            var telling = TellAsync(one.Batch);
            await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            one.Delivered.SetFromTask(telling);
            if (!TryTake(out one)) return;
            // The pool goes on.
            if (favours == MaxFavours) await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }

    /// <summary>What others have left; when they have left nothing, the next who comes delivers himself.</summary>
    private bool TryTake(out (TokenBatch Batch, TaskCompletionSource Delivered) next)
    {
        lock (_left) return _isBusy = _left.TryDequeue(out next);
    }
}
