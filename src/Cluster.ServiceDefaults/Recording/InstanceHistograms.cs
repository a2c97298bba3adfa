using System.Diagnostics.Metrics;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>The engines' distributions: one instrument each, shared by all instances of the process.</summary>
internal sealed class InstanceHistograms(Meter meter)
{
    public Histogram<double> TimeToFirstToken { get; } = meter.Histogram(VllmMetrics.TimeToFirstToken);
    public Histogram<double> InterTokenLatency { get; } = meter.Histogram(VllmMetrics.InterTokenLatency);
    public Histogram<double> TimePerOutputToken { get; } = meter.Histogram(VllmMetrics.RequestTimePerOutputToken);
    public Histogram<double> E2eLatency { get; } = meter.Histogram(VllmMetrics.E2eRequestLatency);
    public Histogram<double> QueueTime { get; } = meter.Histogram(VllmMetrics.RequestQueueTime);
    public Histogram<double> InferenceTime { get; } = meter.Histogram(VllmMetrics.RequestInferenceTime);
    public Histogram<double> PrefillTime { get; } = meter.Histogram(VllmMetrics.RequestPrefillTime);
    public Histogram<double> DecodeTime { get; } = meter.Histogram(VllmMetrics.RequestDecodeTime);
    public Histogram<double> PromptTokens { get; } = meter.Histogram(VllmMetrics.RequestPromptTokens);
    public Histogram<double> GenerationTokens { get; } = meter.Histogram(VllmMetrics.RequestGenerationTokens);
    public Histogram<double> MaxTokens { get; } = meter.Histogram(VllmMetrics.RequestParamsMaxTokens);
    public Histogram<double> IterationTokens { get; } = meter.Histogram(VllmMetrics.IterationTokens);
    public Histogram<double> TransferTime { get; } = meter.Histogram(VllmMetrics.NixlXferTime);
    public Histogram<double> TransferBytes { get; } = meter.Histogram(VllmMetrics.NixlBytesTransferred);
    public Histogram<double> StepDuration { get; } = meter.Histogram(XpydInstanceMetrics.StepDuration);
    public Histogram<double> StepLateness { get; } = meter.Histogram(XpydInstanceMetrics.StepLateness);
}
