using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>
/// Where one instance's shell reports. Recording is thread-safe and allocates nothing. Disposing it takes the
/// instance's series out of the exposition: a removed instance must not look like an idle one.
/// </summary>
public sealed class InstanceMetrics : IDisposable
{
    /// <summary>A step counts as late beyond this and beyond a tenth of its duration.</summary>
    private const long LateNs = Time.Millisecond;

    private readonly Lock _gate = new();
    private readonly InstanceHistograms _histograms;
    private readonly Action<InstanceMetrics> _removed;
    private readonly Labels _histogramLabels;
    private readonly Labels _roleLabels;
    private readonly StepHistogram _gaps;
    private readonly StepHistogram _tokens;
    private readonly StepHistogram _durations;
    private readonly StepHistogram _lateness;
    private InstanceTotals _totals;

    internal InstanceMetrics(InstanceIdentity identity, string histogramEngine, InstanceHistograms histograms, StepHistograms steps, Action<InstanceMetrics> removed)
    {
        Identity = identity;
        Labels = new InstanceLabels(identity);
        HistogramEngine = histogramEngine;
        _histograms = histograms;
        _removed = removed;
        _histogramLabels = LabelSet.Of(MetricLabels.ModelName, identity.ModelName).With(MetricLabels.Engine, histogramEngine);
        _roleLabels = LabelSet.Of(MetricLabels.Cluster, identity.Cluster).With(MetricLabels.Role, identity.Role.Name());
        _gaps = steps.Of(VllmMetrics.InterTokenLatency, _histogramLabels);
        _tokens = steps.Of(VllmMetrics.IterationTokens, _histogramLabels);
        _durations = steps.Of(XpydInstanceMetrics.StepDuration, _roleLabels);
        _lateness = steps.Of(XpydInstanceMetrics.StepLateness, _roleLabels);
        _totals.State = new InstanceState { TotalBlocks = identity.TotalBlocks };
    }

    public InstanceIdentity Identity { get; }

    /// <summary>The <c>engine</c> label of its distributions: its own name, or its pool's in a very large cluster.</summary>
    internal string HistogramEngine { get; }

    internal InstanceLabels Labels { get; }

    /// <summary>Replaces the instance's queues, KV occupancy and totals. Call it when a step ends and when a queue changes.</summary>
    public void Publish(in InstanceState state)
    {
        lock (_gate) _totals.State = state;
    }

    /// <summary>Records a step that has ended. Empty steps are not reported.</summary>
    public void StepEnded(in StepObservation step)
    {
        var cost = step.Cost;
        lock (_gate) _totals.Add(step, step.LatenessNs > Math.Max(LateNs, step.WallDurationNs / 10));
        var latenessSeconds = Time.ToSeconds(Math.Max(0, step.LatenessNs));
        _tokens.Record(step.Tokens);
        _durations.Record(cost.DurationSeconds);
        _lateness.Record(latenessSeconds);
        // Only a collector that is pushed to wants the SDK's own count.
        if (!_histograms.IterationTokens.Enabled) return;
        _histograms.IterationTokens.Record(step.Tokens, _histogramLabels);
        _histograms.StepDuration.Record(cost.DurationSeconds, _roleLabels);
        _histograms.StepLateness.Record(latenessSeconds, _roleLabels);
    }

    /// <summary>Records a request's first token on this engine.</summary>
    /// <param name="ttftNs">Arrival at this engine → first token here, emulated.</param>
    public void FirstToken(long ttftNs) => _histograms.TimeToFirstToken.Record(Time.ToSeconds(ttftNs), _histogramLabels);

    /// <summary>Records a prompt that was computed on this engine for another to go on with.</summary>
    /// <param name="queueNs">Arrival at this engine → first scheduled, emulated.</param>
    /// <param name="prefillNs">First scheduled → computed.</param>
    public void Prefilled(long queueNs, long prefillNs)
    {
        Record(_histograms.QueueTime, queueNs);
        Record(_histograms.PrefillTime, prefillNs);
        if (queueNs >= 0 && prefillNs >= 0) FirstToken(queueNs + prefillNs);
    }

    /// <summary>Records the gap between two successive tokens of a request.</summary>
    /// <param name="count">So many requests had the same gap, as those of a batch have.</param>
    public void InterToken(long gapNs, int count = 1)
    {
        var seconds = Time.ToSeconds(gapNs);
        _gaps.Record(seconds, count);
        // The SDK takes them one by one.
        if (!_histograms.InterTokenLatency.Enabled) return;
        for (var i = 0; i < count; i++) _histograms.InterTokenLatency.Record(seconds, _histogramLabels);
    }

    /// <summary>Records a request that ended on this engine, however it ended.</summary>
    public void RequestFinished(in EngineRequestObservation request)
    {
        lock (_gate) _totals.Finish(request.Reason);
        Record(_histograms.E2eLatency, request.E2eNs);
        Record(_histograms.QueueTime, request.QueueNs);
        if (request.E2eNs >= 0 && request.QueueNs >= 0) Record(_histograms.InferenceTime, request.E2eNs - request.QueueNs);
        Record(_histograms.PrefillTime, request.PrefillNs);
        Record(_histograms.DecodeTime, request.DecodeNs);
        if (request.DecodeNs >= 0 && request.OutputTokens > 1)
            _histograms.TimePerOutputToken.Record(Time.ToSeconds(request.DecodeNs) / (request.OutputTokens - 1), _histogramLabels);
        _histograms.PromptTokens.Record(request.PromptTokens, _histogramLabels);
        _histograms.GenerationTokens.Record(request.OutputTokens, _histogramLabels);
        if (request.MaxTokens > 0) _histograms.MaxTokens.Record(request.MaxTokens, _histogramLabels);
    }

    /// <summary>Records KV that has arrived at this engine.</summary>
    /// <param name="durationNs">First to last byte, set-up included, emulated.</param>
    public void KvReceived(long durationNs, long bytes)
    {
        _histograms.TransferTime.Record(Time.ToSeconds(durationNs), _histogramLabels);
        _histograms.TransferBytes.Record(bytes, _histogramLabels);
    }

    /// <summary>Counts that the router chose this instance.</summary>
    public void Selected()
    {
        lock (_gate) _totals.Selected++;
    }

    /// <summary>Takes the instance's series out of the exposition. May be called twice.</summary>
    public void Dispose() => _removed(this);

    /// <summary>A consistent copy for a scrape or a page.</summary>
    internal void Read(out InstanceTotals totals)
    {
        lock (_gate) totals = _totals;
    }

    private void Record(System.Diagnostics.Metrics.Histogram<double> histogram, long durationNs)
    {
        if (durationNs >= 0) histogram.Record(Time.ToSeconds(durationNs), _histogramLabels);
    }
}
