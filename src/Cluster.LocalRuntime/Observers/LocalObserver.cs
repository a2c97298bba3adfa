using Cluster.LocalRuntime.Activations;
using Orleans;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Observers;

/// <summary>
/// An object that grains call back. Its calls run one at a time, in order, on the thread pool. It is held weakly, as
/// Orleans holds it: when whoever subscribed forgets it, calls are dropped.
/// </summary>
internal sealed class LocalObserver(IGrainObserver target, GrainId id) : ITurnHost, IThreadPoolWorkItem
{
    /// <summary>Calls in a row before another thread takes its turn: this one may have other things to do.</summary>
    private const int MaxInARow = 16;

    private readonly WeakReference<IGrainObserver> _target = new(target);
    private readonly Queue<Turn> _waiting = new();
    private bool _isRunning;
    private bool _isDeleted;

    public GrainId GrainId { get; } = id;

    object ITurnHost.Target => _target.TryGetTarget(out var target)
        ? target
        : throw new ClientNotAvailableException($"{GrainId} is no longer alive.");

    public void Receive(Turn turn)
    {
        lock (_waiting)
        {
            if (!_isDeleted)
            {
                _waiting.Enqueue(turn);
                if (!_isRunning)
                {
                    _isRunning = true;
                    FollowUps.Queue(this, isLong: true);
                }

                return;
            }
        }

        turn.Reject(new ClientNotAvailableException($"{GrainId} was deleted."));
    }

    public void Delete()
    {
        Turn[] dropped;
        lock (_waiting)
        {
            _isDeleted = true;
            dropped = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var turn in dropped)
        {
            turn.Reject(new ClientNotAvailableException($"{GrainId} was deleted."));
        }
    }

    void ITurnHost.Post(Action<object?> action, object? state) => ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        for (var inARow = 0; ; inARow++)
        {
            if (inARow == MaxInARow)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            Turn? turn;
            lock (_waiting)
            {
                if (!_waiting.TryDequeue(out turn))
                {
                    _isRunning = false;
                    return;
                }
            }

            Task task;
            try
            {
                task = turn.Run(this);
            }
            catch (Exception failure)
            {
                task = Task.FromException(failure);
            }

            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            turn.Complete(task);
        }
    }
}
