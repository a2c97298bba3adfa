using System.Diagnostics.Metrics;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>Publishes what instances have stored last: one observable instrument per metric, one measurement per series.</summary>
internal sealed class InstanceObservables(Meter meter, InstanceRegistry registry)
{
    private delegate double Read(in InstanceTotals totals);

    public void Create()
    {
        CreateGauges();
        CreateCounters();
        CreateRoofline();
        Facts(VllmMetrics.LoraRequestsInfo, l => l.Lora, 0);
        Facts(VllmMetrics.CacheConfigInfo, l => l.CacheConfig, 1);
        Facts(XpydInstanceMetrics.InstanceInfo, l => l.Info, 1);
    }

    private void CreateGauges()
    {
        One(VllmMetrics.NumRequestsRunning, l => l.Vllm, (in t) => t.State.Running);
        One(VllmMetrics.NumRequestsWaiting, l => l.Vllm, (in t) => t.State.WaitingForCapacity + t.State.WaitingDeferred);
        Many(VllmMetrics.NumRequestsWaitingByReason, l => l.ByWaitReason, (in t) => t.State.WaitingForCapacity, (in t) => t.State.WaitingDeferred);
        One(VllmMetrics.KvCacheUsage, l => l.Vllm, (in t) => t.State.KvCacheUsage);
        Many(XpydInstanceMetrics.KvBlocks, l => l.ByBlockState,
            (in t) => t.State.ActiveBlocks,
            (in t) => t.State.CachedBlocks,
            (in t) => t.State.TotalBlocks - t.State.ActiveBlocks - t.State.CachedBlocks);
    }

    private void CreateCounters()
    {
        One(VllmMetrics.PrefixCacheQueries, l => l.Vllm, (in t) => t.State.PrefixQueryTokens);
        One(VllmMetrics.PrefixCacheHits, l => l.Vllm, (in t) => t.State.PrefixHitTokens);
        One(VllmMetrics.ExternalPrefixCacheQueries, l => l.Vllm, (in t) => t.State.ExternalQueryTokens);
        One(VllmMetrics.ExternalPrefixCacheHits, l => l.Vllm, (in t) => t.State.ExternalHitTokens);
        One(VllmMetrics.NumPreemptions, l => l.Vllm, (in t) => t.State.Preemptions);
        One(VllmMetrics.PromptTokens, l => l.Vllm, (in t) => t.State.PromptTokens);
        One(VllmMetrics.PromptTokensCached, l => l.Vllm, (in t) => t.State.PrefixHitTokens + t.State.ExternalHitTokens);
        Many(VllmMetrics.PromptTokensBySource, l => l.BySource, (in t) => t.State.ComputedPromptTokens, (in t) => t.State.PrefixHitTokens, (in t) => t.State.ExternalHitTokens);
        One(VllmMetrics.GenerationTokens, l => l.Vllm, (in t) => t.State.GenerationTokens);
        Many(VllmMetrics.RequestSuccess, l => l.ByFinish, (in t) => t.Finished[0], (in t) => t.Finished[1], (in t) => t.Finished[2], (in t) => t.Finished[3]);
        One(VllmMetrics.SpecDecodeNumDrafts, l => l.Vllm, (in t) => t.State.SpecDrafts);
        One(VllmMetrics.SpecDecodeNumDraftTokens, l => l.Vllm, (in t) => t.State.SpecDraftTokens);
        One(VllmMetrics.SpecDecodeNumAcceptedTokens, l => l.Vllm, (in t) => t.State.SpecAcceptedTokens);
        One(VllmMetrics.EstimatedFlopsPerGpu, l => l.Vllm, (in t) => t.Flops);
        One(VllmMetrics.EstimatedReadBytesPerGpu, l => l.Vllm, (in t) => t.ReadBytes);
        One(VllmMetrics.EstimatedWriteBytesPerGpu, l => l.Vllm, (in t) => t.WriteBytes);
        One(XpydInstanceMetrics.KvEvictedBlocks, l => l.Xpyd, (in t) => t.State.EvictedBlocks);
        One(XpydInstanceMetrics.LateSteps, l => l.Xpyd, (in t) => t.LateSteps);
        One(XpydFabricMetrics.RouterSelected, l => l.Xpyd, (in t) => t.Selected);
        meter.Observe(XpydInstanceMetrics.StepWall, WallSeconds);
    }

    private void CreateRoofline()
    {
        One(XpydInstanceMetrics.StepFlops, l => l.Xpyd, (in t) => t.Rolling.FlopsPerSecond);
        One(XpydInstanceMetrics.StepBytes, l => l.Xpyd, (in t) => t.Rolling.BytesPerSecond);
        Against(XpydInstanceMetrics.Gpus, i => i.Gpus, (in _) => 0, (_, gpus) => gpus);
        Against(XpydInstanceMetrics.StepMfu, i => i.PeakFlopsPerSecond, (in t) => t.Rolling.FlopsPerSecond, (value, peak) => value / peak);
        Against(XpydInstanceMetrics.StepMbu, i => i.PeakHbmBytesPerSecond, (in t) => t.Rolling.BytesPerSecond, (value, peak) => value / peak);
        Against(XpydInstanceMetrics.PeakFlops, i => i.PeakFlopsPerSecond, (in _) => 0, (_, peak) => peak);
        Against(XpydInstanceMetrics.PeakBytes, i => i.PeakHbmBytesPerSecond, (in _) => 0, (_, peak) => peak);
    }

    private void One(MetricDefinition metric, Func<InstanceLabels, Labels> labels, Read read) =>
        meter.Observe(metric, () => registry.Instances.Select(i =>
        {
            i.Read(out var totals);
            return new Measurement<double>(read(totals), labels(i.Labels));
        }));

    private void Many(MetricDefinition metric, Func<InstanceLabels, Labels[]> labels, params Read[] reads) =>
        meter.Observe(metric, () => registry.Instances.SelectMany(i =>
        {
            i.Read(out var totals);
            return reads.Select((read, at) => new Measurement<double>(read(totals), labels(i.Labels)[at]));
        }));

    /// <summary>A series only for instances whose <paramref name="peak"/> is known: no invented roof.</summary>
    private void Against(MetricDefinition metric, Func<InstanceIdentity, double> peak, Read read, Func<double, double, double> combine) =>
        meter.Observe(metric, () => registry.Instances.Where(i => peak(i.Identity) > 0).Select(i =>
        {
            i.Read(out var totals);
            return new Measurement<double>(combine(read(totals), peak(i.Identity)), i.Labels.Xpyd);
        }));

    private void Facts(MetricDefinition metric, Func<InstanceLabels, Labels> labels, double value) =>
        meter.Observe(metric, () => registry.Instances.Select(i => new Measurement<double>(value, labels(i.Labels))));

    private IEnumerable<Measurement<double>> WallSeconds() => registry.Instances.SelectMany(i =>
    {
        i.Read(out var totals);
        var seconds = totals.WallSeconds;
        return i.Labels.ByWall.Skip(1).Select((labels, at) => new Measurement<double>(seconds[at + 1], labels));
    });
}
