using Orleans.Runtime;

namespace Cluster.LocalRuntime.Activations;

/// <summary>Where turns run: an activation, or an observer outside the grains.</summary>
internal interface ITurnHost
{
    GrainId GrainId { get; }

    /// <summary>The grain or observer that calls are made on.</summary>
    object Target { get; }

    /// <summary>Runs <paramref name="action"/> where the turns run.</summary>
    void Post(Action<object?> action, object? state);
}

/// <summary>
/// Something an activation is asked to run: a call, a timer's tick, a pull of a stream. It runs on the activation's
/// scheduler, and lasts until the task that it returns ends.
/// </summary>
internal abstract class Turn
{
    /// <summary>Whether it may start while a turn that does not interleave is suspended.</summary>
    public bool Interleaves { get; protected init; }

    /// <summary>Whether the activation waits for it before it ends. Streams are cut instead.</summary>
    public virtual bool HoldsActivation => true;

    /// <summary>Whether it counts as use of the grain.</summary>
    public virtual bool IsUse => true;

    /// <summary>Whether the activation's successor runs it, if it was still waiting when the activation ended.</summary>
    public virtual bool MovesToSuccessor => false;

    /// <summary>Order of arrival at the activation.</summary>
    public long Sequence { get; set; }

    /// <summary>Runs the turn. What it throws counts as the failure of its task.</summary>
    public abstract Task Run(ITurnHost host);

    /// <summary>Tells whoever waits how the turn ended. The activation is free by then.</summary>
    public abstract void Complete(Task ended);

    /// <summary>Tells whoever waits that the turn will not run.</summary>
    public abstract void Reject(Exception reason);

    /// <summary>Gives up on a turn that has waited or run for too long.</summary>
    /// <param name="nowMs">On the clock of <see cref="Environment.TickCount64"/>.</param>
    public virtual void CheckTimeout(long nowMs, bool isRunning)
    {
    }
}
