using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Hosting;

/// <summary>
/// Counts generation requests in the gateway, refuses those that come before the cluster stands or beyond the limit, and lets a drain wait for the rest.
/// </summary>
internal sealed class Admission(GatewayOptions options, IInferenceBackend backend) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;
    private volatile bool _isDraining;

    public int Open => Volatile.Read(ref _open);

    public bool IsDraining => _isDraining;

    /// <summary>Signalled when the drain's time is up: whatever still runs is cancelled.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>The listener opens first, for probes and metrics; engines' own servers open when they are ready, and nobody takes a refused connection for a rejection.</summary>
    /// <exception cref="ApiException">503, to be tried again, before the cluster stands.</exception>
    public void ThrowIfStarting()
    {
        if (!backend.IsReady) throw ApiException.StillStarting();
    }

    /// <exception cref="ApiException">503 before the cluster stands and while draining.</exception>
    public void ThrowUnlessServing()
    {
        ThrowIfStarting();
        if (_isDraining) throw ShuttingDown();
    }

    /// <exception cref="ApiException">429 when full, 503 before the cluster stands and while draining.</exception>
    public Ticket Enter()
    {
        ThrowIfStarting();
        var open = Interlocked.Increment(ref _open);
        if (!_isDraining && open <= options.MaxConcurrentRequests) return new Ticket(this);
        Leave();
        throw _isDraining
            ? ShuttingDown()
            : ApiException.Overloaded($"The gateway holds {options.MaxConcurrentRequests} requests already, its limit; try again later.", options.RetryAfter);
    }

    /// <summary>Refuses new requests, waits for running ones, cancels what is left after <see cref="GatewayOptions.DrainTimeout"/>.</summary>
    public async Task DrainAsync()
    {
        _isDraining = true;
        if (Open == 0) return;
        try
        {
            await _empty.Task.WaitAsync(options.DrainTimeout);
        }
        catch (TimeoutException)
        {
            await _stop.CancelAsync();
        }
    }

    public void Dispose() => _stop.Dispose();

    private ApiException ShuttingDown() => ApiException.Unavailable("The server is shutting down.", options.RetryAfter);

    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0 && _isDraining) _empty.TrySetResult();
    }

    /// <summary>Held while a request is in the gateway.</summary>
    public readonly struct Ticket(Admission owner) : IDisposable
    {
        public void Dispose() => owner.Leave();
    }
}
