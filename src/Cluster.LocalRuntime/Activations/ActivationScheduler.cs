namespace Cluster.LocalRuntime.Activations;

/// <summary>
/// Runs the tasks of one activation, one at a time, on the thread pool. An <c>await</c> inside a grain captures it,
/// so what follows comes back here. <c>Task.Run</c> and <c>ConfigureAwait(false)</c> leave it, as in Orleans.
/// </summary>
internal sealed class ActivationScheduler(Activation activation) : TaskScheduler, IThreadPoolWorkItem
{
    /// <summary>Tasks to run before others on the thread pool get their chance.</summary>
    private const int MaxTasksPerSlice = 32;

    [ThreadStatic]
    private static ActivationScheduler? s_running;

    private readonly Activation _activation = activation;
    private readonly Queue<Task> _tasks = new();
    private bool _isScheduled;

    /// <summary>The activation whose turn this thread executes.</summary>
    public static new Activation? Current => s_running?._activation;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs <paramref name="action"/> here, without the caller's execution context.</summary>
    public void Post(Action<object?> action, object? state)
    {
        var restore = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        try
        {
            new Task(action, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach).Start(this);
        }
        finally
        {
            restore?.Undo();
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        var followUps = FollowUps.Begin();
        try
        {
            RunSlice();
        }
        finally
        {
            followUps?.End();
        }
    }

    private void RunSlice()
    {
        var outer = s_running;
        s_running = this;
        try
        {
            for (var i = 0; i < MaxTasksPerSlice; i++)
            {
                Task? task;
                lock (_tasks)
                {
                    if (!_tasks.TryDequeue(out task))
                    {
                        _isScheduled = false;
                        return;
                    }
                }

                TryExecuteTask(task);
            }
        }
        finally
        {
            s_running = outer;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    protected override void QueueTask(Task task)
    {
        lock (_tasks)
        {
            _tasks.Enqueue(task);
            if (_isScheduled)
            {
                return;
            }

            _isScheduled = true;
        }

        FollowUps.Queue(this);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && s_running == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_tasks)
        {
            return _tasks.ToArray();
        }
    }
}
