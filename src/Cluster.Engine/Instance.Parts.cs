namespace Cluster.Engine;

/// <content>What an instance is made of, for a driver of so many that they do not stay in the processor's cache.</content>
public sealed partial class Instance
{
    /// <summary>
    /// The objects that every step looks at, the same as long as the instance lives, the largest first. One leads to the next, so that a step which
    /// finds none of them in the processor's cache waits for each in turn; a driver that knows which instance comes next can have all fetched at once.
    /// </summary>
    public IReadOnlyList<object> Parts =>
    [
        this, State, State.Decodes, _builder,
        Walls, State.Pool, Spec, .. State.Decodes.Parts,
        State.Counters, _builder.Chunks, State.Prefilling, State.Waiting, State.Arrived, State.Reserving, State.Onboarding, _effects, _aborting,
    ];
}
