using Cluster.Engine.Cost;
using Cluster.Engine.Models;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

internal static class EngineReader
{
    public static EngineSection Read(SectionReader? r, Catalog catalog)
    {
        if (r is null) return new EngineSection();
        var profile = r.Choice("profile", "Engine of the catalog: its host time and defaults. Default vllm.", [.. catalog.Engines.Keys], open: true) ?? "vllm";
        var policy = r.Choice("policy", "Scheduling policy. Default: the profile's own.", PolicyNames.Schedulers);
        var engine = new EngineSection(profile)
        {
            Policy = policy,
            Dials = PolicyNames.ReadDials(r.Section("dials", "Numbers the scheduling policy is tuned by."),
                PolicyNames.SchedulerDials(policy ?? catalog.Engines.GetValueOrDefault(profile)?.Scheduler ?? "")),
            MaxNumSeqs = r.Int("max_num_seqs", "Requests running at once. Default: the profile's, times the attention replicas.", 1, 65_536),
            MaxNumBatchedTokens = r.Int("max_num_batched_tokens", "Token budget of a step (with pp, of each micro-batch under way), shared evenly by attention replicas. Default: the profile's, times the replicas.", 1, 1_048_576),
            BlockSize = r.Int("block_size", "Tokens per KV block.", 1, 1024),
            GpuMemoryUtilization = r.Number("gpu_memory_utilization", "Share of HBM the engine claims; with trtllm and lmdeploy, of what weights leave free.", 0, 1, above: true),
            NumGpuBlocksOverride = r.Int("num_gpu_blocks_override", "KV blocks of an instance, whatever its HBM would hold.", 1, int.MaxValue),
            EnablePrefixCaching = r.Flag("enable_prefix_caching", "Keep and reuse the blocks of prompts seen before."),
            CopyOnPartialReuse = r.Flag("copy_on_partial_reuse", "Prompts that part within a block share it up to there; the later one copies it (TensorRT-LLM). Default false.") ?? false,
            EnableChunkedPrefill = r.Flag("enable_chunked_prefill", "Split prompts over steps."),
            FrontEndNs = r.DurationNs("front_end", "Host time of a request before it is routed, HTTP and tokenising, whatever its length. Default: the profile's, by its length."),
            ModelLoadNs = r.DurationNs("model_load", "Time that a resized instance takes to load its model before it takes requests again. Default: its weights over link nvme, 7GB/s."),
            OverlapScheduling = r.Flag("overlap_scheduling", "Compose a step while the one before it runs: requests join one step later."),
            LongPrefillTokenThreshold = r.Int("long_prefill_token_threshold", "Most prompt tokens of one request in a step; 0: no limit.", 0, 1_048_576) ?? 0,
            Priority = r.Flag("priority", "Order waiting requests by priority, then arrival.") ?? false,
            DisableHybridKvCacheManager = r.Flag("disable_hybrid_kv_cache_manager", "Windowed layers keep every token, in blocks of full attention.") ?? false,
            ContiguousReservation = r.Flag("contiguous_reservation", "Reserve the longest context at admission, as before paging."),
            MaxModelLen = r.Int("max_model_len", "Longest context, prompt and answer together: longer requests are turned away; what contiguous reservation takes for each. Default: the model's.", 1, 100_000_000),
            Eviction = r.Choice("eviction", "Which cached block goes when room is needed. Default lru.", PolicyNames.Evictions) ?? Cluster.Engine.KvCache.Eviction.Evictions.Default,
            KvTiers = KvTierReader.Read(r.Section("kv_tiers", "Where evicted KV blocks go, to come back when a prompt needs them. Default: nowhere."), catalog),
            MambaSsmCacheDtype = ReadStates(r),
            Speculative = ReadSpeculative(r.Section("speculative", "Draft tokens and verify them in one pass. Default: none.")),
            Retention = ReadRetention(r.Section("retention", "Lossy KV eviction beyond the model's own windows. Default: none.")),
            CudaGraphs = !(r.Flag("enforce_eager", "Launch every kernel from the host, without CUDA graphs. Default false.") ?? false),
            Fusion = r.Flag("fusion", "Fuse norms and activations into their neighbours. Default true.") ?? true,
            TwoBatchOverlap = r.Flag("two_batch_overlap", "Two micro-batches hide each other's expert-parallel communication. Default false.") ?? false,
            RoutingSkew = r.Number("routing_skew", "Exponent of a power law over the popularity of experts. Default 0: balanced.", 0, 2) ?? 0,
            RedundantExperts = r.Int("redundant_experts", "Extra copies of hot experts over all ranks. Default 0.", 0, 4096) ?? 0,
        };
        if (engine is { EnableChunkedPrefill: false, LongPrefillTokenThreshold: > 0 })
        {
            r.Error("long_prefill_token_threshold", "It limits chunks, but chunked prefill is off.", null, null,
                "Set enable_chunked_prefill: true or remove the threshold.");
        }

        r.RejectUnknownKeys();
        return engine;
    }

    private static NumberFormat? ReadStates(SectionReader r)
    {
        NumberFormat[] formats = [NumberFormat.Fp32, NumberFormat.Bf16, NumberFormat.Fp16];
        var name = r.Choice("mamba_ssm_cache_dtype", "How recurrent states of Mamba and linear-attention layers are stored. Default: as the model's configuration asks, else the profile's.",
            [.. formats.Select(NumberFormats.Name)]);
        return name is null ? null : formats.First(f => NumberFormats.Name(f) == name);
    }

    private static SpeculativeDecoding? ReadSpeculative(SectionReader? r)
    {
        if (r is null) return null;
        var method = r.Needed("method", r.Choice("method", "Where drafts come from.", ["draft_model", "medusa", "eagle", "mtp"]), "eagle");
        var tokens = r.Needed("num_speculative_tokens", r.Int("num_speculative_tokens", "Tokens drafted per pass.", 1, 64), "4");
        var accepted = r.Needed("acceptance_rate", r.Number("acceptance_rate", "Probability that a drafted token is accepted.", 0, 1), "0.8");
        var cost = r.Number("draft_cost", "Of a draft model: one drafted token as a share of a target step. Default 0.", 0, 1) ?? 0;
        r.RejectUnknownKeys();
        if (method is null || tokens is null || accepted is null) return null;
        return new SpeculativeDecoding(Enum.Parse<DraftMethod>(method.Replace("_", "", StringComparison.Ordinal), ignoreCase: true), tokens.Value, accepted.Value, cost);
    }

    private static KvRetention? ReadRetention(SectionReader? r)
    {
        if (r is null) return null;
        var window = r.Needed("window", r.Int("window", "Last tokens kept.", 1, 10_000_000), "4096");
        var retention = new KvRetention(
            window ?? 1,
            r.Int("sinks", "First tokens kept. Default 4.", 0, 10_000_000) ?? 4,
            r.Int("heavy_hitters", "Most attended tokens kept. Default 0.", 0, 10_000_000) ?? 0);
        r.RejectUnknownKeys();
        return window is null ? null : retention;
    }
}
