using System.Collections.Immutable;
using Cluster.Engine.Autoscaling;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;

namespace Cluster.Simulator.Recording;

/// <summary>Everything a run of one cluster leaves behind: from virtual time or from the live cluster, in emulated time.</summary>
public sealed record RunRecord(ClusterSpec Cluster, IReadOnlyList<RequestRecord> Requests, DurationHistogram Gaps, ImmutableArray<InstanceRecord> Instances)
{
    /// <summary>Bytes of KV that crossed links.</summary>
    public double KvBytesMoved { get; init; }

    /// <summary>What the autoscaler did, in order.</summary>
    public IReadOnlyList<ScaleAction> ScaleActions { get; init; } = [];

    /// <summary>TTFT lost by each routing decision against an oracle's, where decisions were logged.</summary>
    public DurationHistogram? Regrets { get; init; }

    /// <summary>What it took to simulate; null of live runs.</summary>
    public SimulationEffort? Effort { get; init; }

    /// <summary>Hash over every decision and every time stamp, in order: equal runs have equal logs.</summary>
    public ulong LogHash { get; init; }
}

/// <summary>What a simulation did, in counts that no host changes.</summary>
/// <param name="Events">Events handled; skipped steps have none.</param>
/// <param name="CandidatesLookedAt">By routing policies, over all decisions.</param>
public sealed record SimulationEffort(long Events, long CandidatesLookedAt);

/// <summary>One instance after the run.</summary>
public sealed record InstanceRecord(
    string Name, InstanceRole Role, WallTally Walls, long Preemptions, long PrefixCacheQueries, long PrefixCacheHits, long GenerationTokens, long PromptTokens)
{
    /// <summary>Share of the run in which it was paid for, by the GPUs that it began with: 1 unless its pool scales or it is resized.</summary>
    public double OnShare { get; init; } = 1;

    /// <summary>Verifying passes, counted per sequence; 0 where nothing is drafted.</summary>
    public long Drafts { get; init; }

    public long DraftTokens { get; init; }

    public long AcceptedDraftTokens { get; init; }

    /// <summary>Prompt tokens whose KV came up from a tier below HBM.</summary>
    public long OnboardedTokens { get; init; }

    /// <summary>Token-steps that held blocks had room for, and those used: the rest is waste.</summary>
    public double KvHeldTokenSteps { get; init; }

    public double KvUsedTokenSteps { get; init; }

    /// <summary>Hand-overs whose KV never came, so that the prompt was computed here.</summary>
    public long FellBack { get; init; }

    /// <summary>Prompts whose KV was held here until it expired.</summary>
    public long KvExpired { get; init; }
}
