using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads one variant: every key of a scenario but <c>name</c> and <c>compare</c>.</summary>
internal static class VariantReader
{
    public static ScenarioVariant? Read(SectionReader r, string? name, Catalog catalog)
    {
        var engineKeys = r.Section("engine", "Engine settings, in vLLM's names.");
        var engine = EngineReader.Read(engineKeys, catalog);
        var model = r.Model(catalog, "Model of the catalog, or a name that Hugging Face knows it by.");
        if (!r.Context.Describing && !r.Has("model")) r.Error("model", "A scenario needs a model.", null, string.Join(", ", catalog.Models.Keys));
        var defaults = new PoolDefaults(
            model,
            r.Format("weights", "How weights are stored. Default bf16.") ?? NumberFormat.Bf16,
            r.Format("expert_weights", "How routed experts are stored. Default: as published where that differs from 16-bit weights, with block scales where weights are fp8, else as the rest."),
            r.Format("kv", "How KV is stored. Default bf16.") ?? NumberFormat.Bf16,
            over => over is null ? engine : Overlay(engineKeys, over, catalog));
        var seed = r.Number("seed", "Seeds everything random. Default 0.", 0, 9_007_199_254_740_992) ?? 0;
        if (seed != Math.Floor(seed)) r.Error("seed", "A seed is a whole number.");
        var topology = TopologyReader.Read(r.Section("topology", "Which instances there are, and what joins them."), defaults, catalog);
        var workload = WorkloadReader.Read(r.Section("workload", "What clients ask for, and when."), catalog);
        foreach (var key in new[] { "topology", "workload" })
        {
            if (!r.Context.Describing && !r.Has(key)) r.Error(key, "This section is needed.", null, null, "See scenarios/quickstart.yaml.");
        }

        var router = ReadRouter(r.Section("router", "How requests find instances.", shortForm: "policy"));
        var transfer = ReadTransfer(r.Section("transfer", "How KV moves from prefill to decode."));
        var slo = ReadSlo(r.Section("slo", "Objectives; goodput counts requests that meet all of them."));
        var autoscale = AutoscaleReader.Read(r.Section("autoscale", "How pools grow and shrink, in virtual time. Default: they do not."));
        var faults = FaultReader.Read(r.Section("faults", "What goes wrong and when, by name. Default: nothing."));
        var time = ReadTime(r.Section("time", "Emulated against wall time."));
        if (topology is null || workload is null) return null;
        return new ScenarioVariant
        {
            Name = name ?? topology.Shape,
            Seed = (ulong)seed,
            Topology = topology,
            Router = router,
            Transfer = transfer,
            Workload = workload,
            Slo = slo,
            Time = time,
            Faults = faults,
            Autoscale = autoscale,
            Places = r.Context,
        };
    }

    private static EngineSection Overlay(SectionReader? scenario, SectionReader pool, Catalog catalog)
    {
        var none = new MapNode(default, []);
        var merged = YamlMerge.Lay(scenario?.Map ?? none, pool.Map ?? none, new HashSet<string>(), []);
        return EngineReader.Read(new SectionReader(pool.Context, merged, pool.Path, pool.Schema), catalog);
    }

    private static RouterSection ReadRouter(SectionReader? r)
    {
        if (r is null) return new RouterSection();
        var policy = r.Choice("policy", "Routing policy. Default kv-aware.", PolicyNames.Routers) ?? "kv-aware";
        var router = new RouterSection(policy)
        {
            Dials = PolicyNames.ReadDials(r.Section("dials", "Numbers the policy is tuned by."), PolicyNames.RouterDials(policy)),
            StalenessNs = r.DurationNs("staleness", "Age of the router's view of load and cache. Default 0s.") ?? 0,
            Index = r.Choice("index", "events: instances tell what they cache; history: the router remembers what it sent where. Default events.",
                ["events", "history"]) is "history" ? PrefixIndexSource.History : PrefixIndexSource.Events,
            SpeculativeIndex = r.Flag("speculative_index", "Prompts count as cached where they are being computed (llm-d). Default false.") ?? false,
            HistoryTtlNs = r.DurationNs("history_ttl", "How long the router believes its own history. Default 120s.", 1) ?? new RouterSection().HistoryTtlNs,
            HistoryCapacityTokens = r.Int("history_capacity", "Tokens that each instance's cache is taken to hold, what was sent there longest ago forgotten first (llm-d: 500,000). Default: no limit.", 1, int.MaxValue),
            HistoryReachTokens = r.Int("history_reach", "Tokens of a prompt's beginning by which the history tells prompts apart (llm-d: 4,096). Default: all.", 1, int.MaxValue),
            Replicas = r.Int("replicas", "Independent routers, each seeing only its own decisions at once. Default 1.", 1, 1024) ?? 1,
            DecisionNs = r.DurationNs("decision_time", "Time one decision takes. Default 0s.") ?? 0,
        };
        r.RejectUnknownKeys();
        return router;
    }

    private static TransferSection ReadTransfer(SectionReader? r)
    {
        if (r is null) return new TransferSection();
        var conditional = r.Section("conditional", "Compute short prompts where they decode. Default: never.");
        var defaults = new ConditionalSection();
        var transfer = new TransferSection
        {
            Overlap = r.Flag("overlap", "Layers leave as they are computed. Default false.") ?? false,
            MissingOnly = r.Flag("missing_only", "Only blocks that the destination lacks move. Default true.") ?? true,
            Conditional = conditional is null ? null : new ConditionalSection(
                conditional.Int("max_uncached_tokens", "Fewer uncached tokens than this. Default 2048 (Dynamo).", 1, 10_000_000) ?? defaults.MaxUncachedTokens,
                conditional.Number("max_uncached_ratio", "Uncached share of the prompt below this. Default 0.7 (Dynamo).", 0, 1, above: true) ?? defaults.MaxUncachedRatio),
            HandOverNs = r.DurationNs("hand_over", "Control messages and polls of a hand-over, before its first byte moves. Default: the engine profile's."),
            ExpiryNs = r.DurationNs("expiry", "Source blocks that nobody pulled are dropped after this long. Default 480s.", 1) ?? new TransferSection().ExpiryNs,
        };
        conditional?.RejectUnknownKeys();
        r.RejectUnknownKeys();
        return transfer;
    }

    private static SloSection ReadSlo(SectionReader? r)
    {
        if (r is null) return new SloSection();
        var slo = new SloSection(
            r.DurationNs("ttft", "Time to first token.", 1),
            r.DurationNs("tpot", "Time per output token after the first.", 1),
            r.DurationNs("e2e", "Arrival to last token.", 1));
        r.RejectUnknownKeys();
        return slo;
    }

    private static TimeSection ReadTime(SectionReader? r)
    {
        if (r is null) return new TimeSection();
        var time = new TimeSection(
            r.Number("scale", "Emulated seconds per wall second. Default 1; below 1 is slow motion.", 0.01, 100) ?? 1,
            r.Choice("compute", "measured: timed matrix products; paced: the model's duration with products as load; modeled: no products. Default measured.",
                ["measured", "paced", "modeled"]) is { } mode ? Enum.Parse<ComputeMode>(mode, ignoreCase: true) : ComputeMode.Measured);
        r.RejectUnknownKeys();
        return time;
    }
}
