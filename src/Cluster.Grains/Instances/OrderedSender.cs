namespace Cluster.Grains.Instances;

/// <summary>
/// Messages to one receiver, one after the other: the next leaves when the one before it was answered. A runtime may let
/// calls overtake one another while their receiver is being activated or moved, and here the order matters.
/// </summary>
/// <param name="send">Completes when the message has been received.</param>
/// <param name="onFailure">Told, on a turn of the grain, of a message that did not arrive; the next ones are sent all the same.</param>
/// <remarks>Nobody wakes up for an answer that came in time, which is nearly every one: only failures and messages that had to wait do.</remarks>
internal sealed class OrderedSender<T>(Func<T, Task> send, Action<Exception> onFailure)
{
    private readonly Queue<T> _waiting = new();
    private Task _last = Task.CompletedTask;
    private bool _isDraining;

    /// <summary>All has been received, or is lost.</summary>
    public bool IsIdle => !_isDraining && _last.IsCompleted;

    /// <summary>Returns at once. Call it on the grain's own turns only.</summary>
    public void Send(T message)
    {
        if (!_isDraining && _last.IsCompleted)
        {
            Start(message);
            return;
        }

        _waiting.Enqueue(message);
        if (!_isDraining) _ = DrainAsync();
    }

    private void Start(T message)
    {
        try
        {
            _last = send(message);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            _last = Task.FromException(failure);
        }

        if (_last.IsCompletedSuccessfully) return;
        _ = _last.ContinueWith(
            lost => onFailure(lost.Exception?.InnerException ?? new TaskCanceledException(lost)),
            CancellationToken.None, TaskContinuationOptions.NotOnRanToCompletion, TaskScheduler.Current);
    }

    private async Task DrainAsync()
    {
        _isDraining = true;
        while (_waiting.Count > 0)
        {
            await _last.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            Start(_waiting.Dequeue());
        }

        _isDraining = false;
    }
}
