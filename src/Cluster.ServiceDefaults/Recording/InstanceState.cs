namespace Cluster.ServiceDefaults.Recording;

/// <summary>
/// An instance's queues, KV cache and totals as its engine counts them. The shell copies them from the engine and
/// publishes them whole, once per step or change; totals count since the instance started and never fall.
/// </summary>
public readonly record struct InstanceState
{
    /// <summary>Requests in the running batch.</summary>
    public int Running { get; init; }

    /// <summary>Requests waiting for a slot, token budget or blocks.</summary>
    public int WaitingForCapacity { get; init; }

    /// <summary>Requests waiting for KV that is on its way.</summary>
    public int WaitingDeferred { get; init; }

    /// <summary>KV blocks held by requests, transfers out included.</summary>
    public long ActiveBlocks { get; init; }

    /// <summary>KV blocks that no request holds but whose content may still be hit.</summary>
    public long CachedBlocks { get; init; }

    /// <summary>All KV blocks of the pool.</summary>
    public long TotalBlocks { get; init; }

    /// <summary>Total of cached blocks evicted.</summary>
    public long EvictedBlocks { get; init; }

    /// <summary>Total of prompt tokens looked up in the prefix cache.</summary>
    public long PrefixQueryTokens { get; init; }

    /// <summary>Total of prompt tokens found in the prefix cache.</summary>
    public long PrefixHitTokens { get; init; }

    /// <summary>Total of prompt tokens asked of the KV connector.</summary>
    public long ExternalQueryTokens { get; init; }

    /// <summary>Total of prompt tokens whose KV the connector supplied.</summary>
    public long ExternalHitTokens { get; init; }

    /// <summary>Total of prompt tokens computed here.</summary>
    public long ComputedPromptTokens { get; init; }

    /// <summary>Total of preemptions.</summary>
    public long Preemptions { get; init; }

    /// <summary>Total of tokens generated.</summary>
    public long GenerationTokens { get; init; }

    /// <summary>Total of speculative drafts.</summary>
    public long SpecDrafts { get; init; }

    /// <summary>Total of tokens drafted.</summary>
    public long SpecDraftTokens { get; init; }

    /// <summary>Total of drafted tokens accepted.</summary>
    public long SpecAcceptedTokens { get; init; }

    /// <summary>Active ÷ all blocks; 0 for a pool without blocks.</summary>
    public double KvCacheUsage => TotalBlocks == 0 ? 0 : (double)ActiveBlocks / TotalBlocks;

    /// <summary>Total of prompt tokens taken in, from whatever source.</summary>
    public long PromptTokens => ComputedPromptTokens + PrefixHitTokens + ExternalHitTokens;
}
