using static Cluster.Dashboards.PanelKind;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.VllmMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydFabricMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydInstanceMetrics;

namespace Cluster.Dashboards;

/// <summary>Does the cache hit, does it fit, and does the router know?</summary>
public static class KvAndRouterDashboard
{
    public static Dashboard Create() => new("xpyd-kv-router", "xpyd: KV cache and router", "Occupancy, hits and evictions per instance; what the router believed and what it cost.",
    [
        new Row("KV cache",
            new Panel(Lines, "KV cache usage", "percentunit", "Blocks held by requests ÷ all. Above 0.95 requests wait for blocks or are preempted.",
                new Query(WithRole(Select(KvCacheUsage)), "{{cluster}} {{engine}}")) { Max = 1, Thresholds = [new(0.9, "orange"), new(0.95, "red")] },
            new Panel(Lines, "Prefix hit rate", "percentunit", "Prompt tokens found in the instance's cache ÷ looked up.",
                new Query(Ratio(Sum("cluster, role", WithRole(Rate(PrefixCacheHits))), Sum("cluster, role", WithRole(Rate(PrefixCacheQueries)))), "{{cluster}} {{role}}")) { Max = 1 },
            new Panel(Stacked, "Blocks by state", "short", "Cached blocks are free memory that may still be hit; only free and cached ones can be allocated.", new Query(Sum("cluster, role, state", Select(KvBlocks)), "{{role}} {{state}}")) { Colors = Palette.Blocks },
            new Panel(Stacked, "Prompt tokens by source", "si:tok/s", "Computed here, hit in the local cache, or received from another instance.", new Query(Sum("cluster, role, source", WithRole(Rate(PromptTokensBySource))) + " > 0", "{{role}} {{source}}")),
            new Panel(Lines, "Evictions", "blocks/s", "Cached blocks dropped to make room: high together with a falling hit rate means the working set does not fit.", new Query(Sum("cluster, engine", Rate(KvEvictedBlocks)), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Preemptions", "reqps", "Requests that lost their blocks and start over. Any lasting rate wastes compute.", new Query(Sum("cluster, engine", WithRole(Rate(NumPreemptions))), "{{cluster}} {{engine}}")) { Thresholds = [new(0.1, "red")] }),
        new Row("Queues",
            new Panel(Stacked, "Running", "short", "Requests in the batch.", new Query(WithRole(Select(NumRequestsRunning)), "{{engine}}")),
            new Panel(Stacked, "Waiting by reason", "short", "capacity: no slot, budget or blocks; deferred: KV still on its way.", new Query($"{WithRole(Select(NumRequestsWaitingByReason))} >= 0", "{{engine}} {{reason}}"))),
        new Row("Router",
            new Panel(Stacked, "Decisions", "reqps", "local_prefill: the prompt was short enough to compute on the decode instance.", new Query(Sum("cluster, policy, decision", Rate(RouterDecisions)), "{{policy}} {{decision}}")),
            new Panel(Lines, "Selections per instance", "reqps", "Requests that came to prefill or to decode there. Even lines: balanced. One far above: affinity or a stale view.", new Query(Sum("cluster, engine", Rate(RouterSelected)), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Believed and true hit rate", "percentunit", "Tokens the router believed cached, and those that were, ÷ prompt tokens. A gap is a stale index.",
                new Query(Ratio(Sum("cluster", Rate(RouterMatchedTokens)), Sum("cluster", Rate(RouterPromptTokens))), "{{cluster}} believed"),
                new Query(Ratio(Sum("cluster", Rate(RouterHitTokens)), Sum("cluster", Rate(RouterPromptTokens))), "{{cluster}} true")) { Max = 1 },
            new Panel(Lines, "Regret", "s", "TTFT of the choice less the best placement's. True: by what every instance was at that moment, so what a better router could win. Believed: by what the router knew, so what its policy gave away. True above believed: the view is stale.",
                new Query(Quantile(0.5, RouterTrueRegret, "cluster"), "{{cluster}} true p50"), new Query(Quantile(0.99, RouterTrueRegret, "cluster"), "{{cluster}} true p99"), new Query(Quantile(0.99, RouterRegret, "cluster"), "{{cluster}} believed p99")),
            new Panel(Lines, "Age of the view", "s", "How old the load and cache view is that decisions rest on.", new Query(Select(RouterViewAge), "{{cluster}}")) { Thresholds = [new(0.1, "orange")] }),
    ]);
}
