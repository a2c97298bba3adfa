using Cluster.ServiceDefaults.Catalogue;
using static Cluster.Dashboards.PanelKind;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.VllmMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydInstanceMetrics;

namespace Cluster.Dashboards;

/// <summary>The instances as vLLM would show them, and where their steps lie on the roofline.</summary>
public static class EnginesDashboard
{
    private const string By = "cluster, engine";

    public static Dashboard Create() => new("xpyd-engines", "xpyd: engines", "Per instance: latency as the engine sees it, batch, work and roofline position.",
    [
        new Row("Latency inside the engine",
            new Panel(Lines, "Engine TTFT", "s", "Mean, from arrival at this engine; on a decode instance it begins when prefill is done.", new Query(Mean(TimeToFirstToken, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Engine TTFT p99", "s", "Tail of the same, as coarse as vLLM's buckets.", new Query(Quantile(0.99, TimeToFirstToken, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "TPOT", "s", "Mean of the requests that ended here.", new Query(Mean(RequestTimePerOutputToken, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Inter-token latency p99", "s", "Gaps between tokens, as coarse as vLLM's buckets (10, 25, 50, 75 ms …): above the others, a prompt shares the step.", new Query(Quantile(0.99, InterTokenLatency, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Queue time", "s", "Mean wait to be scheduled first.", new Query(Mean(RequestQueueTime, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Prefill time", "s", "Mean, first scheduled to first token.", new Query(Mean(RequestPrefillTime, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Decode time", "s", "Mean, first token to last.", new Query(Mean(RequestDecodeTime, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Inference time", "s", "Mean, first scheduled to end.", new Query(Mean(RequestInferenceTime, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Engine E2E p99", "s", "From arrival at this engine to its end here.", new Query(Quantile(0.99, E2eRequestLatency, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Waiting", "none", "Requests not yet scheduled.", new Query(WithRole(Select(NumRequestsWaiting)), "{{cluster}} {{engine}}"))),
        new Row("Work",
            new Panel(Lines, "Tokens per step", "short", "Mean rows per step: the batch that arithmetic sees.", new Query(Mean(IterationTokens, By), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Generated tokens", "si:tok/s", "Per instance.", new Query(Each(GenerationTokens), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Prompt tokens", "si:tok/s", "Taken in per second, cached ones among them.", new Query(Each(PromptTokens), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Prompt tokens that needed no computing", "percentunit", "From the local cache or another instance ÷ taken in.", new Query(Ratio(Each(PromptTokensCached), Each(PromptTokens)), "{{cluster}} {{engine}}")) { Max = 1 },
            new Panel(Lines, "Request shapes", "short", "Mean prompt, output and max_tokens of finished requests.",
                new Query(Mean(RequestPromptTokens, ""), "prompt"), new Query(Mean(RequestGenerationTokens, ""), "output"), new Query(Mean(RequestParamsMaxTokens, ""), "max_tokens")),
            new Panel(Lines, "KV from elsewhere", "percentunit", "Tokens that the connector supplied ÷ asked of it.", new Query(Ratio(Each(ExternalPrefixCacheHits), Each(ExternalPrefixCacheQueries)), "{{cluster}} {{engine}}")) { Max = 1, NoValue = "no KV comes from elsewhere" },
            new Panel(Lines, "Draft acceptance", "percentunit", "Speculative tokens accepted ÷ drafted.", new Query(Ratio(Each(SpecDecodeNumAcceptedTokens), Each(SpecDecodeNumDraftTokens)), "{{cluster}} {{engine}}")) { Max = 1, NoValue = "nothing is drafted" },
            new Panel(Lines, "Drafts", "si:drafts/s", "Verifying passes, counted per request.", new Query(Each(SpecDecodeNumDrafts), "{{cluster}} {{engine}}")),
            new Panel(Stacked, "Finished requests", "reqps", "By instance and reason.", new Query($"{Sum("engine, finished_reason", WithRole(Rate(RequestSuccess)))} > 0", "{{engine}} {{finished_reason}}"))),
        new Row("Roofline",
            new Panel(Lines, "MFU while stepping", "percentunit", "FLOP/s ÷ peak.", new Query(Select(StepMfu), "{{cluster}} {{engine}}")) { Max = 1 },
            new Panel(Lines, "MBU while stepping", "percentunit", "HBM bytes/s ÷ peak.", new Query(Select(StepMbu), "{{cluster}} {{engine}}")) { Max = 1 },
            new Panel(Lines, "Arithmetic intensity", "short", "FLOP per HBM byte, and the ridge of the GPU: right of the ridge compute binds, left of it bandwidth.",
                new Query(Ratio(Select(StepFlops), Select(StepBytes)), "{{cluster}} {{engine}}"), new Query(Ratio(Max("cluster, role", Select(PeakFlops)), Max("cluster, role", Select(PeakBytes))), "{{cluster}} {{role}} ridge")),
            new Panel(Lines, "Estimated HBM traffic", "Bps", "Per GPU, idle time included.", new Query(Each(EstimatedReadBytesPerGpu), "{{cluster}} {{engine}} read"), new Query(Each(EstimatedWriteBytesPerGpu), "{{cluster}} {{engine}} written")),
            new Panel(Lines, "Estimated FLOP/s", "flops", "Per GPU, idle time included.", new Query(Each(EstimatedFlopsPerGpu), "{{cluster}} {{engine}}")) { Width = 24 }),
    ]);

    /// <summary>A counter's rate per instance.</summary>
    private static string Each(MetricDefinition counter) => Sum(By, WithRole(Rate(counter)));
}
