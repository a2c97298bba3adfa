using Cluster.Engine.Topology;
using Cluster.Gateway.Console;
using Cluster.Grains.Hosting;
using Cluster.Grains.Instances;

namespace Cluster.Gateway.Live;

/// <summary>How a live cluster relates to its host.</summary>
public sealed record LiveOptions
{
    /// <summary>Emulated seconds per wall second.</summary>
    public double TimeScale { get; init; } = 1;

    public ComputeMode Compute { get; init; } = ComputeMode.Measured;

    /// <summary>The scenario's name, for the console; empty: it has none.</summary>
    public string Scenario { get; init; } = "";

    /// <summary>Looks on at every step of this process; null: nobody does.</summary>
    public IStepWatch? Watch { get; init; }

    /// <summary>File to write the router's inputs to, for <c>xpyd simulate --replay</c>; null: none.</summary>
    public string? RecordPath { get; init; }

    /// <summary>Finds out what could be done about the walls, best first, for the console; asked once, when somebody looks. Null: the console shows none.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<LeverView>>>? Levers { get; init; }

    /// <summary>Runs the scenario's variants beside each other, for the console; asked once, when somebody looks. Null: there is nothing to compare.</summary>
    public Func<CancellationToken, Task<ComparisonView>>? Comparison { get; init; }

    /// <summary>One silo of many; null: alone in this process.</summary>
    public MembershipOptions? Membership { get; init; }

    /// <summary>What the processes of the cluster agree on; null: it begins with this one.</summary>
    public ClusterCharter? Charter { get; init; }

    /// <summary>Laid over the environment: where the membership is kept, telemetry; null: the environment alone.</summary>
    public IConfiguration? Configuration { get; init; }

    /// <summary>Log when the host begins and ceases to fall behind; false where a report says it at the end.</summary>
    public bool LogsPace { get; init; } = true;

    /// <summary>Done while everything still runs, before any of it stops.</summary>
    public Func<Task>? OnStopping { get; init; }

    /// <summary>The gateway in front; port 0 takes any free one.</summary>
    public GatewayOptions Gateway { get; init; } = new() { Port = 0 };
}
