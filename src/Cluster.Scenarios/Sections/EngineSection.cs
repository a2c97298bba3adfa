using System.Collections.Immutable;
using Cluster.Engine.Cost;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Sections;

/// <summary>
/// The engine's settings, in vLLM's names whatever the profile. Null means "what the profile does on this GPU":
/// see <see cref="Resolving.EngineDefaults"/>.
/// </summary>
/// <param name="Profile">An engine of the catalog; default <c>vllm</c>. Sets the host time and every default below.</param>
public sealed record EngineSection(string Profile = "vllm")
{
    /// <summary>Scheduling policy; default the profile's own.</summary>
    public string? Policy { get; init; }

    /// <summary>The scheduling policy's dials by name; those absent take their default.</summary>
    public ImmutableSortedDictionary<string, double> Dials { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Requests running at once.</summary>
    public int? MaxNumSeqs { get; init; }

    /// <summary>Token budget of a step.</summary>
    public int? MaxNumBatchedTokens { get; init; }

    /// <summary>Tokens per KV block.</summary>
    public int? BlockSize { get; init; }

    /// <summary>Share of HBM the engine claims, in (0, 1].</summary>
    public double? GpuMemoryUtilization { get; init; }

    /// <summary>Blocks in the pool, whatever the HBM would hold.</summary>
    public long? NumGpuBlocksOverride { get; init; }

    /// <summary>Keep and reuse the blocks of prompts seen before.</summary>
    public bool? EnablePrefixCaching { get; init; }

    /// <summary>Prompts that part within a block share it up to there, the later one copying it. Default false, as in vLLM.</summary>
    public bool CopyOnPartialReuse { get; init; }

    /// <summary>Split prompts over steps.</summary>
    public bool? EnableChunkedPrefill { get; init; }

    /// <summary>Host time of a request before it is routed, HTTP and tokenising, whatever its length; null: the profile's.</summary>
    public long? FrontEndNs { get; init; }

    /// <summary>How long a resized instance loads its model; null: as long as its weights take from a local disk.</summary>
    public long? ModelLoadNs { get; init; }

    /// <summary>Compose steps one ahead of the GPU. Null: what the profile does; static batching never does.</summary>
    public bool? OverlapScheduling { get; init; }

    /// <summary>Most prompt tokens of one request in a step; 0: only the budget limits. Default 0.</summary>
    public int LongPrefillTokenThreshold { get; init; }

    /// <summary>Order waiting requests by priority, then arrival. Default false.</summary>
    public bool Priority { get; init; }

    /// <summary>Windowed layers keep every token, in the blocks of full attention (vLLM's <c>--disable-hybrid-kv-cache-manager</c>). Default false.</summary>
    public bool DisableHybridKvCacheManager { get; init; }

    /// <summary>Reserve the longest possible context at admission, contiguously, as engines did before paging. Default: only profile <c>static</c>.</summary>
    public bool? ContiguousReservation { get; init; }

    /// <summary>Longest context of a request; null: the model's. Contiguous reservation takes it for every request.</summary>
    public int? MaxModelLen { get; init; }

    /// <summary>Which cached block goes when room is needed.</summary>
    public string Eviction { get; init; } = Cluster.Engine.KvCache.Eviction.Evictions.Default;

    /// <summary>Where evicted blocks go, nearest first; empty: nowhere.</summary>
    public ImmutableArray<KvTierSection> KvTiers { get; init; } = [];

    /// <summary>How recurrent states are stored; null: as the model's configuration asks, else as the profile does.</summary>
    public NumberFormat? MambaSsmCacheDtype { get; init; }

    /// <summary>Drafting and verification; null: none.</summary>
    public SpeculativeDecoding? Speculative { get; init; }

    /// <summary>Lossy KV eviction beyond the model's own windows; null: none.</summary>
    public KvRetention? Retention { get; init; }

    /// <summary>Decode steps replay CUDA graphs (vLLM's <c>enforce_eager</c> turns them off). Default true.</summary>
    public bool CudaGraphs { get; init; } = true;

    /// <summary>Norms and activations are fused into their neighbours. Default true.</summary>
    public bool Fusion { get; init; } = true;

    /// <summary>Two micro-batches hide each other's expert-parallel communication. Default false.</summary>
    public bool TwoBatchOverlap { get; init; }

    /// <summary>Exponent of a power law over the popularity of experts. Default 0: balanced.</summary>
    public double RoutingSkew { get; init; }

    /// <summary>Extra copies of hot experts over all ranks. Default 0.</summary>
    public int RedundantExperts { get; init; }
}

/// <summary>A tier of KV below HBM.</summary>
/// <param name="CapacityBytes">Of one instance; of a remote store, for all.</param>
/// <param name="Link">A link of the catalog.</param>
public sealed record KvTierSection(Cluster.Engine.Topology.KvTierKind Kind, double CapacityBytes, string Link)
{
    /// <summary>Copies under way at a time, per direction.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Of a remote store: what all instances share, per direction; null: no bound.</summary>
    public double? StoreBytesPerSecond { get; init; }
}
