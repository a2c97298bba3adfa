using Cluster.Engine.Topology;

namespace Cluster.Engine.Routing;

/// <summary>One instance as a router sees it while it decides on one request: possibly stale.</summary>
public readonly record struct Candidate
{
    /// <summary>Index in the cluster's instances.</summary>
    public int Instance { get; init; }

    /// <summary>Leading blocks of the prompt that it has in its prefix cache.</summary>
    public int OverlapBlocks { get; init; }

    /// <summary>Of <see cref="OverlapBlocks"/>, those in host memory or nearer: the others lie on a disk.</summary>
    public int HostBlocks { get; init; }

    /// <summary>Of <see cref="HostBlocks"/>, those in HBM: the others have to come up from a tier below it.</summary>
    public int DeviceBlocks { get; init; }

    /// <summary>Prompt tokens routed to it whose prefill has not ended, cached ones left out.</summary>
    public long PendingPrefillTokens { get; init; }

    /// <summary>KV blocks of all requests routed to it that have not ended.</summary>
    public long ActiveBlocks { get; init; }

    /// <summary>As <see cref="ActiveBlocks"/>, what requests share counted once; 0 unless the policy asks for it.</summary>
    public long DistinctBlocks { get; init; }

    /// <summary>Blocks of the prompt at hand that are among <see cref="DistinctBlocks"/>.</summary>
    public int SharedBlocks { get; init; }

    /// <summary>Requests routed to it that have not ended.</summary>
    public int ActiveRequests { get; init; }

    /// <summary>Requests in its queue, as it last reported.</summary>
    public int Waiting { get; init; }

    /// <summary>Tokens per block of <see cref="ActiveBlocks"/>.</summary>
    public int BlockSize { get; init; }

    /// <summary>Share of its KV blocks in use, as it last reported.</summary>
    public double KvUsage { get; init; }
}

/// <summary>The request to be placed, as far as a policy may look.</summary>
public readonly record struct RoutingQuery(long RequestId, int InputTokens, int BlockSize, ulong SessionId)
{
    /// <summary>What the candidates are wanted for: <see cref="InstanceRole.Decode"/>, or prefill, whether they decode as well or not.</summary>
    public InstanceRole Role { get; init; }

    /// <summary>Leading tokens of the prompt that the router's index can know of; else <see cref="InputTokens"/>.</summary>
    public int KnownTokens { get; init; } = InputTokens;

    /// <summary>Objectives of the cluster.</summary>
    public required SloSpec Slo { get; init; }

    /// <summary>Works latencies out, for policies that ask.</summary>
    public required LatencyPredictor Predictor { get; init; }

    /// <summary>Blocks that an overlap can have at most; at least 1.</summary>
    public int KnownBlocks => Math.Max(1, KnownTokens / BlockSize);

    public int InputBlocks => (InputTokens + BlockSize - 1) / BlockSize;
}
