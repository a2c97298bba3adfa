using Microsoft.Extensions.Logging;

namespace Cluster.Grains;

/// <summary>
/// Messages between grains whose answer nobody waits for, and that must not be lost: a hand-over of which one side never hears holds its blocks for good. After the loss of a
/// silo a healthy grain can be out of reach of another for as long as the part of the directory that knows it belonged to that silo: what fails is sent again
/// until the others have given the silo up. Receivers take a message that comes twice, late, or behind a later one: instances know requests that were aborted, the desk
/// those that it has closed, and each placement has an id of its own.
/// </summary>
/// <param name="pause">Between two tries.</param>
/// <param name="tries">After so many a message is given up, and said to be.</param>
internal sealed class Resending(TimeSpan pause, int tries)
{
    /// <summary>Half a minute: several times as long as a silo that does not answer is waited for.</summary>
    public static Resending Default { get; } = new(TimeSpan.FromMilliseconds(250), 120);

    /// <summary>Returns at once.</summary>
    /// <param name="send">Called once for each try, the first time before this returns.</param>
    public void Send(Func<Task> send, ILogger logger, string sender)
    {
        var first = Try(send);
        if (!first.IsCompletedSuccessfully) _ = InsistAsync(first, send, logger, sender);
    }

    /// <returns>Ends when the message was received or given up.</returns>
    internal async Task InsistAsync(Task last, Func<Task> send, ILogger logger, string sender)
    {
        for (var left = tries - 1; ; left--)
        {
            try
            {
                await last.ConfigureAwait(false);
                return;
            }
            catch (Exception failure) when (left == 0)
            {
                GrainLog.HandOverLost(logger, sender, tries, failure);
                return;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                await Task.Delay(pause).ConfigureAwait(false);
            }

            last = Try(send);
        }
    }

    private static Task Try(Func<Task> send)
    {
        try
        {
            return send();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return Task.FromException(failure);
        }
    }
}
