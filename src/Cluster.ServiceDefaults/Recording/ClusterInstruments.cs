using System.Diagnostics.Metrics;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>Instruments of whole clusters that are recorded into as things happen.</summary>
internal sealed class ClusterInstruments(Meter meter)
{
    public Histogram<double> TtftHop { get; } = meter.Histogram(XpydRequestMetrics.TtftHop);
    public Histogram<double> Ttft { get; } = meter.Histogram(XpydRequestMetrics.Ttft);
    public Histogram<double> Tpot { get; } = meter.Histogram(XpydRequestMetrics.Tpot);
    public Histogram<double> E2e { get; } = meter.Histogram(XpydRequestMetrics.E2e);
    public Counter<double> Requests { get; } = meter.Counter(XpydRequestMetrics.Requests);
    public Counter<double> Goodput { get; } = meter.Counter(XpydRequestMetrics.Goodput);
    public Counter<double> SloMisses { get; } = meter.Counter(XpydRequestMetrics.SloMisses);
    public Counter<double> Tokens { get; } = meter.Counter(XpydRequestMetrics.Tokens);
    public Counter<double> Cost { get; } = meter.Counter(XpydRequestMetrics.Cost);
    public Counter<double> Energy { get; } = meter.Counter(XpydRequestMetrics.Energy);
    public Counter<double> WaitWall { get; } = meter.Counter(XpydInstanceMetrics.WaitWall);
    public Histogram<double> TransferTime { get; } = meter.Histogram(XpydFabricMetrics.TransferTime);
    public Histogram<double> TransferExposed { get; } = meter.Histogram(XpydFabricMetrics.TransferExposed);
    public Counter<double> TransferFailures { get; } = meter.Counter(XpydFabricMetrics.TransferFailures);
    public Counter<double> RouterDecisions { get; } = meter.Counter(XpydFabricMetrics.RouterDecisions);
    public Counter<double> RouterPromptTokens { get; } = meter.Counter(XpydFabricMetrics.RouterPromptTokens);
    public Counter<double> RouterMatchedTokens { get; } = meter.Counter(XpydFabricMetrics.RouterMatchedTokens);
    public Counter<double> RouterHitTokens { get; } = meter.Counter(XpydFabricMetrics.RouterHitTokens);
    public Histogram<double> RouterRegret { get; } = meter.Histogram(XpydFabricMetrics.RouterRegret);
    public Histogram<double> RouterTrueRegret { get; } = meter.Histogram(XpydFabricMetrics.RouterTrueRegret);
    public Counter<double> Faults { get; } = meter.Counter(XpydFabricMetrics.Faults);
}
