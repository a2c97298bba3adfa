using Cluster.LocalRuntime.Activations;
using Orleans.Runtime;

namespace Orleans;

/// <summary>What every grain class can count on.</summary>
public interface IGrainBase
{
    IGrainContext GrainContext { get; }

    Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>
/// Base of a grain class. At most one activation per identity exists, at most one turn of it runs at a time,
/// and everything that it awaits continues on its own scheduler: its fields need no locks.
/// </summary>
public abstract class Grain : IGrainBase, IAddressable
{
    protected Grain()
    {
        GrainContext = Activation.Current
            ?? throw new InvalidOperationException($"{GetType().Name} was constructed outside of the runtime. Ask IGrainFactory.GetGrain for it.");
    }

    public IGrainContext GrainContext { get; }

    public string IdentityString => GrainContext.GrainId.ToString();

    /// <exception cref="InvalidOperationException">Asked for outside of any turn: what a turn has kept of it can be used anywhere.</exception>
    protected IGrainFactory GrainFactory => Activation.Current is null
        ? throw new InvalidOperationException($"Activation access violation: {GetType().Name} asked for its grain factory outside of a turn. Keep what a turn was given.")
        : ((Activation)GrainContext).Runtime.Factory;

    protected internal IServiceProvider ServiceProvider => GrainContext.ActivationServices;

    /// <summary>Runs as the first turn of the activation, once its persistent state was read.</summary>
    /// <param name="cancellationToken">Set when the activation takes too long.</param>
    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs as the last turn of the activation, once no call is running. It is not run when the process dies.</summary>
    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends the activation when the calls that run have finished; calls still waiting go to its successor.</summary>
    protected void DeactivateOnIdle() => GrainBaseExtensions.DeactivateOnIdle(this);

    /// <summary>Keeps the activation from being collected as idle for that long; a negative time span cancels this.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => ((Activation)GrainContext).DelayCollection(timeSpan);
}
