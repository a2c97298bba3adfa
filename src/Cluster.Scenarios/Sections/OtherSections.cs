using System.Collections.Immutable;
using Cluster.Engine.Topology;

namespace Cluster.Scenarios.Sections;

/// <summary>How requests find instances.</summary>
/// <param name="Policy">A routing policy; default <c>kv-aware</c>.</param>
public sealed record RouterSection(string Policy = "kv-aware")
{
    /// <summary>The policy's dials by name; those absent take their default.</summary>
    public ImmutableSortedDictionary<string, double> Dials { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Age of the router's view of load and cache; default 0.</summary>
    public long StalenessNs { get; init; }

    /// <summary>Where the index of cached blocks comes from; default events.</summary>
    public PrefixIndexSource Index { get; init; }

    /// <summary>Prompts count as cached where they are being computed; default false.</summary>
    public bool SpeculativeIndex { get; init; }

    /// <summary>How long the router believes its own history; default 120 s.</summary>
    public long HistoryTtlNs { get; init; } = 120_000_000_000;

    /// <summary>Tokens that each instance's cache is taken to hold; null: no limit.</summary>
    public int? HistoryCapacityTokens { get; init; }

    /// <summary>Tokens of a prompt's beginning by which the history tells prompts apart; null: all.</summary>
    public int? HistoryReachTokens { get; init; }

    /// <summary>Independent routers, each seeing only its own decisions at once; default 1.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Time one decision takes; default 0.</summary>
    public long DecisionNs { get; init; }
}

/// <summary>How KV moves from prefill to decode.</summary>
public sealed record TransferSection
{
    /// <summary>Layers leave as they are computed. Default false, as in vLLM's NIXL connector.</summary>
    public bool Overlap { get; init; }

    /// <summary>Only blocks that the destination lacks move. Default true.</summary>
    public bool MissingOnly { get; init; } = true;

    /// <summary>Short prompts are computed where they decode; null: never.</summary>
    public ConditionalSection? Conditional { get; init; }

    /// <summary>Control messages and polls of a hand-over, before its first byte moves; null: the engine profile's.</summary>
    public long? HandOverNs { get; init; }

    /// <summary>Source blocks that nobody pulled are dropped after this long; default 480 s (vLLM's NIXL connector).</summary>
    public long ExpiryNs { get; init; } = 480_000_000_000;
}

/// <summary>A prompt is computed on the decode instance iff both hold; defaults are Dynamo's.</summary>
/// <param name="MaxUncachedTokens">Fewer uncached tokens than this; default 2048.</param>
/// <param name="MaxUncachedRatio">Uncached share of the prompt below this; default 0.7.</param>
public sealed record ConditionalSection(int MaxUncachedTokens = 2048, double MaxUncachedRatio = 0.7);

/// <summary>Service-level objectives; goodput counts the requests that meet all those set. Default: none.</summary>
public sealed record SloSection(long? TtftNs = null, long? TpotNs = null, long? E2eNs = null);

/// <summary>Emulated against wall time; virtual time ignores it.</summary>
/// <param name="Scale">Emulated seconds per wall second; default 1, below 1 is slow motion.</param>
/// <param name="Compute">Default measured.</param>
public sealed record TimeSection(double Scale = 1, ComputeMode Compute = ComputeMode.Measured);
