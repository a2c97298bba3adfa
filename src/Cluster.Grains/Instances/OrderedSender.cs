namespace Cluster.Grains.Instances;

/// <summary>
/// Messages to one receiver, one after the other: the next leaves when the one before it was answered. A runtime may let
/// calls overtake one another while their receiver is being activated or moved, and here the order matters.
/// </summary>
/// <param name="send">Completes when the message has been received.</param>
/// <param name="onFailure">Told of a message that did not arrive; the next ones are sent all the same.</param>
internal sealed class OrderedSender<T>(Func<T, Task> send, Action<Exception> onFailure)
{
    private readonly Queue<T> _waiting = new();
    private bool _isSending;

    /// <summary>Returns at once. Call it on the grain's own turns only.</summary>
    public void Send(T message)
    {
        _waiting.Enqueue(message);
        if (!_isSending) _ = SendAllAsync();
    }

    private async Task SendAllAsync()
    {
        _isSending = true;
        while (_waiting.TryDequeue(out var message))
        {
            try
            {
                await send(message);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                onFailure(failure);
            }
        }

        _isSending = false;
    }
}
