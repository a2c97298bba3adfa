using Cluster.Scenarios.Resolving;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

internal static class EngineReader
{
    public static EngineSection Read(SectionReader? r, ScenarioCatalog catalog)
    {
        if (r is null) return new EngineSection();
        var profile = r.Choice("profile", "Engine of the catalog: its host time and defaults. Default vllm.", [.. catalog.Engines.Keys], open: true) ?? "vllm";
        var policy = r.Choice("policy", "Scheduling policy. Default: the profile's own.", PolicyNames.Schedulers);
        var engine = new EngineSection(profile)
        {
            Policy = policy,
            Dials = PolicyNames.ReadDials(r.Section("dials", "Numbers the scheduling policy is tuned by."),
                PolicyNames.SchedulerDials(policy ?? EngineDefaults.PolicyOf(profile))),
            MaxNumSeqs = r.Int("max_num_seqs", "Requests running at once.", 1, 65_536),
            MaxNumBatchedTokens = r.Int("max_num_batched_tokens", "Token budget of a step.", 1, 1_048_576),
            BlockSize = r.Int("block_size", "Tokens per KV block.", 1, 1024),
            GpuMemoryUtilization = r.Number("gpu_memory_utilization", "Share of HBM the engine claims.", 0, 1, above: true),
            NumGpuBlocksOverride = r.Int("num_gpu_blocks_override", "KV blocks of an instance, whatever its HBM would hold.", 1, int.MaxValue),
            EnablePrefixCaching = r.Flag("enable_prefix_caching", "Keep and reuse the blocks of prompts seen before."),
            EnableChunkedPrefill = r.Flag("enable_chunked_prefill", "Split prompts over steps."),
            LongPrefillTokenThreshold = r.Int("long_prefill_token_threshold", "Most prompt tokens of one request in a step; 0: no limit.", 0, 1_048_576) ?? 0,
            Priority = r.Flag("priority", "Order waiting requests by priority, then arrival.") ?? false,
            ContiguousReservation = r.Flag("contiguous_reservation", "Reserve the longest context at admission, as before paging."),
        };
        if (engine is { EnableChunkedPrefill: false, LongPrefillTokenThreshold: > 0 })
        {
            r.Error("long_prefill_token_threshold", "It limits chunks, but chunked prefill is off.", null, null,
                "Set enable_chunked_prefill: true or remove the threshold.");
        }

        r.RejectUnknownKeys();
        return engine;
    }
}
