using Cluster.LocalRuntime.Activations;

namespace Cluster.LocalRuntime;

/// <summary>For threads outside of the pool that set grains going and have time for them.</summary>
public static class CausingThread
{
    /// <summary>
    /// Does <paramref name="cause"/>, and then, on the calling thread, the turns that it made ready, a few of them and not for
    /// long: the rest goes to the thread pool, where all of it would have gone otherwise, at the price of waking a thread.
    /// </summary>
    public static void Run<T>(Action<T> cause, T state)
    {
        ArgumentNullException.ThrowIfNull(cause);
        var followUps = FollowUps.Begin();
        try
        {
            cause(state);
        }
        finally
        {
            followUps?.End();
        }
    }
}
