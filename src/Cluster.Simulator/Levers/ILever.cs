using Cluster.Engine.Cost;
using Cluster.Engine.Diagnosis;
using Cluster.Scenarios;

namespace Cluster.Simulator.Levers;

/// <summary>One way to move a wall: a change to a scenario that leaves its requests, seed and number of GPUs as they are.</summary>
public interface ILever
{
    /// <summary>Unique, as written on the command line, e.g. <c>fp8-weights</c>.</summary>
    string Name { get; }

    /// <summary>What it does, in a few words.</summary>
    string Summary { get; }

    /// <summary>The wall it moves.</summary>
    Wall Moves { get; }

    /// <summary>When it pays.</summary>
    string Pays { get; }

    /// <summary>When it hurts, and by what mechanism: named when a run shows harm.</summary>
    string Trap { get; }

    /// <summary>What its figures take for granted and nothing here can tell; null: nothing.</summary>
    string? Assumes => null;

    /// <summary>It can change what the model answers.</summary>
    bool IsLossy { get; }

    /// <summary>The change, or why there is none to make here.</summary>
    LeverChange Apply(LeverContext context);
}

/// <summary>What pulling a lever means for one scenario.</summary>
public abstract record LeverChange
{
    private LeverChange()
    {
    }

    /// <summary>Nothing to change, for this reason.</summary>
    public sealed record NotApplicable(string Because) : LeverChange;

    /// <summary>Settings laid over the scenario.</summary>
    public sealed record Settings(IReadOnlyList<ScenarioOverride> Overrides) : LeverChange;

    /// <summary>A different model in the same place: decided when it is trained, so no scenario key says it.</summary>
    public sealed record OtherModel(Func<Deployment, Deployment> Change) : LeverChange;
}
