namespace Cluster.Engine.Scheduling;

/// <summary>Monotonic counts of one instance, under the names that vLLM exports.</summary>
public sealed class InstanceCounters
{
    public long Steps { get; internal set; }
    public long Preemptions { get; internal set; }
    public long PromptTokens { get; internal set; }
    public long GenerationTokens { get; internal set; }
    public long PrefixCacheQueries { get; internal set; }
    public long PrefixCacheHits { get; internal set; }

    /// <summary>Verifying passes, counted per sequence (vLLM's <c>spec_decode_num_drafts</c>).</summary>
    public long Drafts { get; internal set; }
    public long DraftTokens { get; internal set; }
    public long AcceptedDraftTokens { get; internal set; }

    public long Finished { get; internal set; }
    public long Aborted { get; internal set; }

    /// <summary>Prompt tokens whose KV came over a link instead of being computed here.</summary>
    public long ReceivedTokens { get; internal set; }

    /// <summary>Blocks copied because a sequence was about to write into one that it shares.</summary>
    public long CopiedBlocks { get; internal set; }

    /// <summary>Prompt tokens whose KV came up from a tier below HBM.</summary>
    public long OnboardedTokens { get; internal set; }

    /// <summary>Σ over finished requests and their steps of tokens that their blocks had room for.</summary>
    public double KvHeldTokenSteps { get; internal set; }

    /// <summary>Of those, the tokens that were there.</summary>
    public double KvUsedTokenSteps { get; internal set; }

    /// <summary>Hand-overs, and reads from a store, whose KV never came, so that the prompt is computed here.</summary>
    public long FellBack { get; internal set; }

    /// <summary>Prompts whose KV was held here until it expired.</summary>
    public long KvExpired { get; internal set; }
}
