using System.Collections.Immutable;

namespace Cluster.Engine.Routing;

/// <summary>Where a request goes, and what each candidate would have cost.</summary>
/// <param name="PrefillInstance">Computes the prompt.</param>
/// <param name="DecodeInstance">Generates; the same one when nothing is handed over.</param>
/// <param name="OverlapBlocks">Blocks the router believes the prefill instance has cached.</param>
public sealed record RoutingDecision(long RequestId, long AtNs, int PrefillInstance, int DecodeInstance, int OverlapBlocks)
{
    /// <summary>True when prompt and output are computed in one place.</summary>
    public bool IsLocal => PrefillInstance == DecodeInstance;

    /// <summary>Instance to copy the leading <see cref="CopyTokens"/> prompt tokens' KV from before prefill; −1: none.</summary>
    public int CopySource { get; init; } = -1;

    public int CopyTokens { get; init; }

    /// <summary>
    /// Predicted TTFT of the prefill instance less that of the best candidate, nanoseconds, both on what the router believed;
    /// <see cref="Units.Time.Unset"/> unless decisions are logged, and where the prompt is computed beside its decoding.
    /// </summary>
    public long RegretNs { get; init; } = Units.Time.Unset;

    /// <summary>What an oracle says that knew every instance as it was; null unless the driver asked one.</summary>
    public OracleVerdict? Oracle { get; init; }

    /// <summary>Costs of all prefill candidates, lower is better; empty unless decisions are logged.</summary>
    public ImmutableArray<CandidateCost> PrefillCosts { get; init; } = [];

    /// <summary>Costs of all decode candidates.</summary>
    public ImmutableArray<CandidateCost> DecodeCosts { get; init; } = [];
}

/// <summary>Why a request was not placed.</summary>
public enum RejectionReason
{
    None,
    /// <summary>No open instance serves its model and could ever hold it.</summary>
    NoInstance,
    /// <summary>No instance is predicted to meet the TTFT objective (HTTP 429).</summary>
    PredictedTtft,
    /// <summary>No instance is predicted to meet the TPOT objective (HTTP 429).</summary>
    PredictedTpot,
    /// <summary>The instance that served it was lost, and no other could take it over.</summary>
    InstanceLost,
    /// <summary>It is longer than the context, or than all blocks of the instance it came to.</summary>
    TooLong,
}

/// <summary>One candidate in a decision.</summary>
public readonly record struct CandidateCost(int Instance, double Cost, int OverlapBlocks);
