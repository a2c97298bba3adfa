namespace Cluster.Grains.Instances;

/// <summary>
/// Messages to one receiver, one after the other: the next leaves when the one before it was answered. A runtime may let
/// calls overtake one another while their receiver is being activated or moved, and here the order matters. Thread-safe.
/// </summary>
/// <param name="send">Completes when the message has been received.</param>
/// <param name="onFailure">Told, on a turn of the grain if a turn had sent it, of a message that did not arrive; the next ones are sent all the same.</param>
/// <remarks>Nobody wakes up for an answer that came in time, which is nearly every one: only failures and messages that had to wait do.</remarks>
internal sealed class OrderedSender<T>(Func<T, Task> send, Action<Exception> onFailure)
{
    private readonly Queue<T> _waiting = new();
    private Task _last = Task.CompletedTask;
    private bool _isDraining;

    /// <summary>All has been received, or is lost.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_waiting) return !_isDraining && _last.IsCompleted;
        }
    }

    /// <summary>Returns at once.</summary>
    public void Send(T message)
    {
        lock (_waiting)
        {
            if (!_isDraining && _last.IsCompleted)
            {
                Start(message);
                return;
            }

            _waiting.Enqueue(message);
            if (!_isDraining) _ = DrainAsync();
        }
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
        for (var before = _last; before is not null; before = StartNext()) await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <returns>What the message after it has to wait for; null when none waits.</returns>
    private Task? StartNext()
    {
        lock (_waiting)
        {
            Start(_waiting.Dequeue());
            _isDraining = _waiting.Count > 0;
            return _isDraining ? _last : null;
        }
    }
}
