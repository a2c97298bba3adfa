using Cluster.Engine.Requests;

namespace Cluster.Load;

/// <summary>Sends a workload's requests at their times.</summary>
internal static class Dispatch
{
    public static Task RunAsync(Workload workload, RequestSender sender, LoadClock clock, CancellationToken cancellationToken) => workload switch
    {
        Workload.OpenLoop open => OpenAsync(open.Requests, sender, clock, cancellationToken),
        Workload.ClosedLoop closed => ClosedAsync(closed, sender, clock, cancellationToken),
        Workload.Conversations conversations => ConversationsAsync(conversations.Starts, sender, clock, cancellationToken),
        _ => throw new ArgumentException($"Unknown workload {workload.GetType().Name}.", nameof(workload)),
    };

    private static async Task OpenAsync(IEnumerable<RequestSpec> requests, RequestSender sender, LoadClock clock, CancellationToken cancellationToken)
    {
        var running = new InFlight();
        try
        {
            foreach (var request in requests)
            {
                await clock.ApproachAsync(request.ArrivalNs, cancellationToken);
                running.Start(() => sender.SendAsync(request, request.ArrivalNs, cancellationToken));
            }
        }
        finally
        {
            await running.WaitAsync();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private static async Task ClosedAsync(Workload.ClosedLoop closed, RequestSender sender, LoadClock clock, CancellationToken cancellationToken)
    {
        using var requests = closed.Requests.GetEnumerator();
        var gate = new Lock();
        var clients = new Task[closed.Concurrency];
        for (var i = 0; i < clients.Length; i++) clients[i] = Task.Run(ClientAsync, CancellationToken.None);
        await Task.WhenAll(clients);
        cancellationToken.ThrowIfCancellationRequested();

        async Task ClientAsync()
        {
            while (!cancellationToken.IsCancellationRequested && Next() is { } request)
                await sender.SendAsync(request, clock.NowNs, cancellationToken);
        }

        RequestSpec? Next()
        {
            lock (gate) return requests.MoveNext() ? requests.Current : null;
        }
    }

    private static async Task ConversationsAsync(IEnumerable<Session> starts, RequestSender sender, LoadClock clock, CancellationToken cancellationToken)
    {
        var running = new InFlight();
        try
        {
            foreach (var session in starts)
            {
                await clock.ApproachAsync(session.StartNs, cancellationToken);
                running.Start(() => SessionAsync(session));
            }
        }
        finally
        {
            await running.WaitAsync();
        }

        cancellationToken.ThrowIfCancellationRequested();

        async Task SessionAsync(Session session)
        {
            var dueNs = session.StartNs;
            for (var i = 0; i < session.Turns.Length && !cancellationToken.IsCancellationRequested; i++)
            {
                if (i > 0) dueNs = clock.NowNs + session.Turns[i].PauseNs;
                try
                {
                    await clock.ApproachAsync(dueNs, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                // A turn that failed ends its conversation: the next would quote an answer that never came.
                if (!await sender.SendAsync(session.Turns[i].Request, dueNs, cancellationToken)) return;
            }
        }
    }

    /// <summary>Tasks that were started and not waited for, counted instead of listed.</summary>
    private sealed class InFlight
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Exception? _fault;
        private int _count = 1;

        public void Start(Func<Task> work)
        {
            Interlocked.Increment(ref _count);
            _ = Task.Run(async () =>
            {
                try
                {
                    await work();
                }
                catch (Exception fault)
                {
                    // Shown by WaitAsync: a fault in the generator itself must not pass for a result.
                    Interlocked.CompareExchange(ref _fault, fault, null);
                }
                finally
                {
                    Leave();
                }
            });
        }

        public async Task WaitAsync()
        {
            Leave();
            await _done.Task;
            if (_fault is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_fault);
        }

        private void Leave()
        {
            if (Interlocked.Decrement(ref _count) == 0) _done.SetResult();
        }
    }
}
