using System.Collections.Concurrent;
using Orleans;
using Orleans.Runtime;

namespace Cluster.LocalRuntime.Activations;

/// <summary>All activations: at most one per identity.</summary>
internal sealed class Catalog(LocalRuntimeCore runtime)
{
    private readonly ConcurrentDictionary<GrainId, Activation> _activations = new();
    private volatile bool _isStopped;

    public IEnumerable<Activation> All => _activations.Values;

    /// <summary>Hands a turn to the grain, which is activated if need be.</summary>
    /// <returns>The activation that took it; null if it was rejected because the runtime has stopped.</returns>
    public Activation? Send(GrainClass grainClass, GrainId grainId, Turn turn)
    {
        while (!_isStopped)
        {
            if (!_activations.TryGetValue(grainId, out var activation))
            {
                var created = new Activation(runtime, grainClass, grainId);
                activation = _activations.GetOrAdd(grainId, created);
            }

            if (activation.TryReceive(turn))
            {
                return activation;
            }

            _activations.TryRemove(new(grainId, activation));
        }

        turn.Reject(new SiloUnavailableException($"{grainId} was called after the runtime had stopped."));
        return null;
    }

    /// <summary>Takes an ended activation out. If turns were left over, a successor that has them takes its place.</summary>
    public void Replace(Activation ended, Turn[] leftOver)
    {
        if (leftOver.Length == 0)
        {
            _activations.TryRemove(new(ended.GrainId, ended));
            return;
        }

        var successor = new Activation(runtime, ended.Class, ended.GrainId);
        foreach (var turn in leftOver)
        {
            successor.TryReceive(turn);
        }

        _activations.TryUpdate(ended.GrainId, successor, ended);
    }

    /// <summary>Deactivates every grain, and those that this activates in turn; then refuses calls.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the deactivations.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var all = All.ToArray(); all.Length > 0 && !cancellationToken.IsCancellationRequested; all = [.. All])
            {
                foreach (var activation in all)
                {
                    activation.Deactivate(new(DeactivationReasonCode.ShuttingDown, "The runtime is stopping."), cancellationToken);
                }

                await Task.WhenAll(all.Select(activation => activation.Deactivated)).WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            LocalRuntimeLog.StopTimedOut(runtime.Logger, _activations.Count);
        }
        finally
        {
            _isStopped = true;
        }
    }
}
