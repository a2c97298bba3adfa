using static Cluster.Dashboards.PanelKind;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.VllmMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydInstanceMetrics;

namespace Cluster.Dashboards;

/// <summary>The instances as vLLM would show them, and where their steps lie on the roofline.</summary>
public static class EnginesDashboard
{
    public static Dashboard Create() => new("xpyd-engines", "xpyd: engines", "Per instance: latency as the engine sees it, batch, work and roofline position.",
    [
        new Row("Latency inside the engine",
            new Panel(Lines, "Engine TTFT p99", "s", "From arrival at this engine; on a decode instance it begins when prefill is done.", new Query(Quantile(0.99, TimeToFirstToken, "engine"), "{{engine}}")),
            new Panel(Lines, "Inter-token latency p99", "s", "Gaps between tokens.", new Query(Quantile(0.99, InterTokenLatency, "engine"), "{{engine}}")),
            new Panel(Lines, "TPOT p99", "s", "Per request, on this engine.", new Query(Quantile(0.99, RequestTimePerOutputToken, "engine"), "{{engine}}")),
            new Panel(Lines, "Engine E2E p99", "s", "From arrival at this engine to its end here.", new Query(Quantile(0.99, E2eRequestLatency, "engine"), "{{engine}}")),
            new Panel(Stacked, "Mean request time by phase", "s", "Queue, prefill, decode.",
                new Query(Mean(RequestQueueTime, "engine"), "{{engine}} queue"), new Query(Mean(RequestPrefillTime, "engine"), "{{engine}} prefill"), new Query(Mean(RequestDecodeTime, "engine"), "{{engine}} decode")),
            new Panel(Lines, "Mean inference time", "s", "First scheduled to end.", new Query(Mean(RequestInferenceTime, "engine"), "{{engine}}"))),
        new Row("Work",
            new Panel(Lines, "Tokens per step", "short", "Mean rows per step: the batch that arithmetic sees.", new Query(Mean(IterationTokens, "engine"), "{{engine}}")),
            new Panel(Lines, "Generated tokens", "tokens/s", "Per instance.", new Query(Sum("engine", Rate(GenerationTokens)), "{{engine}}")),
            new Panel(Lines, "Prompt tokens", "tokens/s", "Taken in, and the part that needed no computing.", new Query(Sum("engine", Rate(PromptTokens)), "{{engine}} all"), new Query(Sum("engine", Rate(PromptTokensCached)), "{{engine}} cached")),
            new Panel(Stacked, "Finished requests", "reqps", "By reason.", new Query(Sum("engine, finished_reason", Rate(RequestSuccess)), "{{engine}} {{finished_reason}}")),
            new Panel(Lines, "Request shapes", "short", "Mean prompt, output and max_tokens of finished requests.",
                new Query(Mean(RequestPromptTokens, ""), "prompt"), new Query(Mean(RequestGenerationTokens, ""), "output"), new Query(Mean(RequestParamsMaxTokens, ""), "max_tokens")),
            new Panel(Lines, "Waiting", "short", "Requests not yet scheduled.", new Query(Select(NumRequestsWaiting), "{{engine}}")),
            new Panel(Lines, "KV from elsewhere", "percentunit", "Tokens that the connector supplied ÷ asked of it.", new Query(Ratio(Sum("engine", Rate(ExternalPrefixCacheHits)), Sum("engine", Rate(ExternalPrefixCacheQueries))), "{{engine}}")) { Max = 1 },
            new Panel(Lines, "Draft acceptance", "percentunit", "Speculative tokens accepted ÷ drafted, and drafts per second.",
                new Query(Ratio(Sum("engine", Rate(SpecDecodeNumAcceptedTokens)), Sum("engine", Rate(SpecDecodeNumDraftTokens))), "{{engine}}"), new Query(Sum("engine", Rate(SpecDecodeNumDrafts)), "{{engine}} drafts/s"))),
        new Row("Roofline",
            new Panel(Lines, "MFU while stepping", "percentunit", "FLOP/s ÷ peak.", new Query(Select(StepMfu), "{{cluster}} {{engine}}")) { Max = 1 },
            new Panel(Lines, "MBU while stepping", "percentunit", "HBM bytes/s ÷ peak.", new Query(Select(StepMbu), "{{cluster}} {{engine}}")) { Max = 1 },
            new Panel(Lines, "Arithmetic intensity", "short", "FLOP per HBM byte, and the ridge of the GPU: right of the ridge compute binds, left of it bandwidth.",
                new Query(Ratio(Select(StepFlops), Select(StepBytes)), "{{cluster}} {{engine}}"), new Query(Ratio(Max("cluster, role", Select(PeakFlops)), Max("cluster, role", Select(PeakBytes))), "{{cluster}} {{role}} ridge")),
            new Panel(Lines, "Estimated HBM traffic", "Bps", "Per GPU, idle time included.", new Query(Sum("engine", Rate(EstimatedReadBytesPerGpu)), "{{engine}} read"), new Query(Sum("engine", Rate(EstimatedWriteBytesPerGpu)), "{{engine}} written")),
            new Panel(Lines, "Estimated FLOP/s", "flops", "Per GPU, idle time included.", new Query(Sum("engine", Rate(EstimatedFlopsPerGpu)), "{{engine}}"))),
    ]);
}
