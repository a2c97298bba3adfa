using Cluster.Compute;
using Cluster.Gateway.Console;
using Cluster.Grains.Instances;

namespace Cluster.Gateway.Live;

/// <summary>How a live cluster relates to its host.</summary>
public sealed record LiveOptions
{
    /// <summary>Emulated seconds per wall second.</summary>
    public double TimeScale { get; init; } = 1;

    public ComputeMode Compute { get; init; } = ComputeMode.Measured;

    /// <summary>Looks on at every step of this process; null: nobody does.</summary>
    public IStepWatch? Watch { get; init; }

    /// <summary>Finds out what could be done about the walls, best first, for the console; asked once, when somebody looks. Null: the console shows none.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<LeverView>>>? Levers { get; init; }

    /// <summary>The gateway in front; port 0 takes any free one.</summary>
    public GatewayOptions Gateway { get; init; } = new() { Port = 0 };
}
