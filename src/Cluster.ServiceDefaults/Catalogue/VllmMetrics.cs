using System.Collections.Immutable;
using static Cluster.ServiceDefaults.Catalogue.MetricKind;
using static Cluster.ServiceDefaults.Catalogue.MetricLabels;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>
/// The emulated engines' own metrics, under vLLM's names, labels and buckets. Times are emulated seconds.
/// One process publishes many engines here, so <c>engine</c> is the instance's name where vLLM has an index.
/// </summary>
public static class VllmMetrics
{
    public static readonly MetricDefinition NumRequestsRunning = Make("vllm:num_requests_running", Gauge, "", "Requests in the running batch.");
    public static readonly MetricDefinition NumRequestsWaiting = Make("vllm:num_requests_waiting", Gauge, "", "Requests waiting to be scheduled.");
    public static readonly MetricDefinition NumRequestsWaitingByReason = Make("vllm:num_requests_waiting_by_reason", Gauge, "", "Waiting requests by cause: capacity (no slot, budget or blocks), deferred (KV still on its way).", WaitReason);
    public static readonly MetricDefinition KvCacheUsage = Make("vllm:kv_cache_usage_perc", Gauge, "", "Share of KV blocks in use by requests, 0 to 1.");
    public static readonly MetricDefinition LoraRequestsInfo = Make("vllm:lora_requests_info", Gauge, "", "Adapters running and waiting; the value is when it last changed, in Unix seconds. No adapters are emulated: the lists are empty.",
        Free("running_lora_adapters"), Free("waiting_lora_adapters"), Free("max_lora"));
    public static readonly MetricDefinition CacheConfigInfo = Make("vllm:cache_config_info", Gauge, "", "Settings of the KV cache in labels; the value is 1.",
        Free("block_size"), Free("cache_dtype"), Free("num_gpu_blocks"), Free("gpu_memory_utilization"), Free("enable_prefix_caching"));

    public static readonly MetricDefinition PrefixCacheQueries = Make("vllm:prefix_cache_queries", Counter, "", "Prompt tokens looked up in the prefix cache.");
    public static readonly MetricDefinition PrefixCacheHits = Make("vllm:prefix_cache_hits", Counter, "", "Prompt tokens found in the prefix cache.");
    public static readonly MetricDefinition ExternalPrefixCacheQueries = Make("vllm:external_prefix_cache_queries", Counter, "", "Prompt tokens looked up through the KV connector.");
    public static readonly MetricDefinition ExternalPrefixCacheHits = Make("vllm:external_prefix_cache_hits", Counter, "", "Prompt tokens whose KV the connector supplied.");
    public static readonly MetricDefinition NumPreemptions = Make("vllm:num_preemptions", Counter, "", "Requests that lost their blocks to others.");
    public static readonly MetricDefinition PromptTokens = Make("vllm:prompt_tokens", Counter, "", "Prompt tokens taken in.");
    public static readonly MetricDefinition PromptTokensBySource = Make("vllm:prompt_tokens_by_source", Counter, "", "Prompt tokens by where their KV came from.", TokenSource);
    public static readonly MetricDefinition PromptTokensCached = Make("vllm:prompt_tokens_cached", Counter, "", "Prompt tokens that needed no computing here: from the local cache or transferred.");
    public static readonly MetricDefinition GenerationTokens = Make("vllm:generation_tokens", Counter, "", "Tokens generated.");
    public static readonly MetricDefinition RequestSuccess = Make("vllm:request_success", Counter, "", "Requests that ended on the engine, by reason.", FinishedReason);
    public static readonly MetricDefinition SpecDecodeNumDrafts = Make("vllm:spec_decode_num_drafts", Counter, "", "Speculative drafts.");
    public static readonly MetricDefinition SpecDecodeNumDraftTokens = Make("vllm:spec_decode_num_draft_tokens", Counter, "", "Tokens drafted.");
    public static readonly MetricDefinition SpecDecodeNumAcceptedTokens = Make("vllm:spec_decode_num_accepted_tokens", Counter, "", "Drafted tokens that verification accepted.");
    public static readonly MetricDefinition EstimatedFlopsPerGpu = Make("vllm:estimated_flops_per_gpu", Counter, "", "Floating-point operations on one GPU of the instance, by the cost model.");
    public static readonly MetricDefinition EstimatedReadBytesPerGpu = Make("vllm:estimated_read_bytes_per_gpu", Counter, "By", "HBM bytes read on one GPU of the instance, by the cost model.");
    public static readonly MetricDefinition EstimatedWriteBytesPerGpu = Make("vllm:estimated_write_bytes_per_gpu", Counter, "By", "HBM bytes written on one GPU of the instance, by the cost model: the KV of computed tokens.");

    public static readonly MetricDefinition TimeToFirstToken = Distribution("vllm:time_to_first_token_seconds", "s", Buckets.TimeToFirstToken, "From the request's arrival at this engine to its first token here.");
    public static readonly MetricDefinition InterTokenLatency = Distribution("vllm:inter_token_latency_seconds", "s", Buckets.InterToken, "Gap between successive tokens of a request; those of one step, drafted and accepted, come together and count once.");
    public static readonly MetricDefinition RequestTimePerOutputToken = Distribution("vllm:request_time_per_output_token_seconds", "s", Buckets.InterToken, "Per request: time after the first token ÷ (output tokens − 1).");
    public static readonly MetricDefinition E2eRequestLatency = Distribution("vllm:e2e_request_latency_seconds", "s", Buckets.RequestTime, "From the request's arrival at this engine to its end.");
    public static readonly MetricDefinition RequestQueueTime = Distribution("vllm:request_queue_time_seconds", "s", Buckets.RequestTime, "Time a request waited to be scheduled first.");
    public static readonly MetricDefinition RequestInferenceTime = Distribution("vllm:request_inference_time_seconds", "s", Buckets.RequestTime, "From a request's first scheduling to its end.");
    public static readonly MetricDefinition RequestPrefillTime = Distribution("vllm:request_prefill_time_seconds", "s", Buckets.RequestTime, "From a request's first scheduling to its first token.");
    public static readonly MetricDefinition RequestDecodeTime = Distribution("vllm:request_decode_time_seconds", "s", Buckets.RequestTime, "From a request's first token to its last.");
    public static readonly MetricDefinition RequestPromptTokens = Distribution("vllm:request_prompt_tokens", "", Buckets.Tokens, "Prompt tokens of a finished request.");
    public static readonly MetricDefinition RequestGenerationTokens = Distribution("vllm:request_generation_tokens", "", Buckets.Tokens, "Tokens generated for a finished request.");
    public static readonly MetricDefinition RequestParamsMaxTokens = Distribution("vllm:request_params_max_tokens", "", Buckets.Tokens, "The max_tokens that a finished request asked for.");
    public static readonly MetricDefinition IterationTokens = Distribution("vllm:iteration_tokens_total", "", Buckets.IterationTokens, "Tokens computed in one step.");
    public static readonly MetricDefinition NixlXferTime = Distribution("vllm:nixl_xfer_time_seconds", "s", Buckets.NixlTransferTime, "Time of one KV transfer into this engine.");
    public static readonly MetricDefinition NixlBytesTransferred = Distribution("vllm:nixl_bytes_transferred", "By", Buckets.NixlBytes, "Bytes of one KV transfer into this engine.");

    private static MetricDefinition Make(string name, MetricKind kind, string unit, string meaning, params ReadOnlySpan<MetricLabel> more) =>
        new(name, kind, unit, meaning, [ModelName, MetricLabels.Engine, .. more]);

    private static MetricDefinition Distribution(string name, string unit, ImmutableArray<double> buckets, string meaning) =>
        Make(name, Histogram, unit, meaning) with { Buckets = buckets };

    private static MetricLabel Free(string name) => new(name, "as in vLLM", 1) { FollowsOwner = true };
}
