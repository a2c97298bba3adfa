using Cluster.Engine;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Requests;
using Cluster.Engine.Scheduling;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Grains.Instances;

/// <summary>Keeps one instance's metrics true to its engine state: under vLLM's names and our own.</summary>
internal sealed class InstanceRecorder(ClusterMetrics metrics, ClusterContext context, InstanceSpec spec) : ITokenGapSink, IDisposable
{
    private readonly InstanceMetrics _metrics = metrics.AddInstance(
        InstanceIdentity.From(context.Cluster.Name, spec, spec.Deployment.Model.Name), context.Cluster.Instances.Length);

    private readonly ClusterSeries _series = Begin(metrics.ForCluster(context.Cluster.Name), spec.Role);
    private (double Blocks, double Slots) _waitedSeconds;

    public void Record(long gapNs, int count) => _metrics.InterToken(gapNs, count);

    public void StepBegan(Instance instance, in Step step) => context.Watch?.StepBegan(instance, in step);

    public void StepEnded(Instance instance, in Step step, long durationNs, long latenessNs, double timeScale)
    {
        _metrics.StepEnded(new StepObservation(step.Shape.TotalTokens, step.Cost, latenessNs, (long)(durationNs / timeScale))
        {
            HbmWriteBytes = Math.Min(step.Cost.HbmBytes, step.Shape.TotalTokens * spec.Memory.KvBytesPerToken),
        });
        context.Watch?.StepEnded(instance, in step, durationNs, latenessNs);
    }

    public void Publish(Instance instance)
    {
        var (state, counters) = (instance.State, instance.State.Counters);
        RecordWaits(instance.Walls);
        _metrics.Publish(new ServiceDefaults.Recording.InstanceState
        {
            Running = state.Running,
            WaitingForCapacity = state.WaitingCount + state.Reserving.Count,
            WaitingDeferred = state.Parked.Count == 0 ? 0 : state.Parked.Values.Count(s => s.Status is SequenceStatus.Receiving or SequenceStatus.Onboarding),
            ActiveBlocks = state.Pool.Allocated + state.Pool.Referenced,
            CachedBlocks = state.Pool.Evictable,
            TotalBlocks = state.Pool.Total,
            EvictedBlocks = state.Pool.Evicted,
            PrefixQueryTokens = counters.PrefixCacheQueries,
            PrefixHitTokens = counters.PrefixCacheHits,
            ExternalQueryTokens = counters.ReceivedTokens,
            ExternalHitTokens = counters.ReceivedTokens,
            ComputedPromptTokens = counters.PromptTokens,
            Preemptions = counters.Preemptions,
            GenerationTokens = counters.GenerationTokens,
            SpecDrafts = counters.Drafts,
            SpecDraftTokens = counters.DraftTokens,
            SpecAcceptedTokens = counters.AcceptedDraftTokens,
        });
    }

    /// <summary>The router sent a request here, to prefill or to decode.</summary>
    public void Selected() => _metrics.Selected();

    /// <summary>KV has come over a link.</summary>
    public void KvReceived(long durationNs, long bytes) => _metrics.KvReceived(durationNs, bytes);

    public void FirstToken(RequestTimeline line) => _metrics.FirstToken(Gap(ArrivedNs(line), line.FirstTokenNs));

    /// <summary>A prompt is computed here, its tokens follow elsewhere: as vLLM's prefill engine, it has shown its first token.</summary>
    public void Prefilled(RequestTimeline line) => _metrics.Prefilled(Gap(line.RoutedNs, line.PrefillStartedNs), Gap(line.PrefillStartedNs, line.PrefillEndedNs));

    /// <summary>A request ended here, whichever way.</summary>
    public void Ended(Sequence sequence, FinishReason reason, long nowNs)
    {
        var line = sequence.Timeline;
        var started = line.KvReservedNs != Time.Unset ? line.KvReservedNs : line.PrefillStartedNs;
        var arrived = ArrivedNs(line);
        _metrics.RequestFinished(new EngineRequestObservation(
            reason, Gap(arrived, started), Gap(started, line.FirstTokenNs), Gap(line.FirstTokenNs, line.FinishedNs), Gap(arrived, nowNs),
            sequence.Request.InputTokens, sequence.Generated, sequence.Request.OutputTokens));
    }

    public void Dispose() => _metrics.Dispose();

    /// <summary>Nobody has waited yet: said from the start, because a total that is absent cannot be told from one that nobody keeps.</summary>
    private static ClusterSeries Begin(ClusterSeries series, InstanceRole role)
    {
        series.Waited(role, Wall.Capacity, 0);
        series.Waited(role, Wall.Contention, 0);
        return series;
    }

    /// <summary>What requests at the head of the queue waited for since the last time.</summary>
    private void RecordWaits(WallTally walls)
    {
        var (blocks, slots) = (walls.BlockedOnBlocksSeconds, walls.BlockedOnSlotsSeconds + walls.BlockedOnBudgetSeconds);
        if (blocks > _waitedSeconds.Blocks) _series.Waited(spec.Role, Wall.Capacity, Time.FromSeconds(blocks - _waitedSeconds.Blocks));
        if (slots > _waitedSeconds.Slots) _series.Waited(spec.Role, Wall.Contention, Time.FromSeconds(slots - _waitedSeconds.Slots));
        _waitedSeconds = (blocks, slots);
    }

    /// <summary>When this engine heard of the request: a decode instance does when the prompt is computed elsewhere.</summary>
    private static long ArrivedNs(RequestTimeline line) => line.KvReservedNs != Time.Unset ? line.PrefillEndedNs : line.RoutedNs;

    private static long Gap(long fromNs, long toNs) => fromNs == Time.Unset || toNs == Time.Unset ? Time.Unset : Math.Max(0, toNs - fromNs);
}
