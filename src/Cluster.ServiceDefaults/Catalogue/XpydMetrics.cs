using System.Collections.Immutable;
using static Cluster.ServiceDefaults.Catalogue.MetricKind;
using static Cluster.ServiceDefaults.Catalogue.MetricLabels;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>What clients saw and what it cost: metrics of a whole cluster, recorded where requests end.</summary>
public static class XpydRequestMetrics
{
    public static readonly MetricDefinition TtftHop = Distribution("xpyd_ttft_hop_seconds", "s", Buckets.FineSeconds, "One part of a request's TTFT; the parts add up to the whole.", MetricLabels.Cluster, Hop);
    public static readonly MetricDefinition Ttft = Distribution("xpyd_request_ttft_seconds", "s", Buckets.FineSeconds, "From a request's arrival at the gateway to its first token leaving it.", MetricLabels.Cluster);
    public static readonly MetricDefinition Tpot = Distribution("xpyd_request_tpot_seconds", "s", Buckets.FineSeconds, "Per request: (E2E − TTFT) ÷ (output tokens − 1), seen at the gateway.", MetricLabels.Cluster);
    public static readonly MetricDefinition E2e = Distribution("xpyd_request_e2e_seconds", "s", Buckets.FineSeconds, "From a request's arrival at the gateway to its last token leaving it.", MetricLabels.Cluster);
    public static readonly MetricDefinition Requests = Make("xpyd_requests", Counter, "", "Requests that reached their terminal state.", MetricLabels.Cluster, Outcome);
    public static readonly MetricDefinition Goodput = Make("xpyd_goodput_requests", Counter, "", "Completed requests that met every service-level objective; its rate is the goodput.", MetricLabels.Cluster);
    public static readonly MetricDefinition SloMisses = Make("xpyd_slo_misses", Counter, "", "Completed requests that missed an objective, by objective.", MetricLabels.Cluster, Objective);
    public static readonly MetricDefinition SloTarget = Make("xpyd_slo_target_seconds", Gauge, "s", "The objectives in force.", MetricLabels.Cluster, Objective);
    public static readonly MetricDefinition InFlight = Make("xpyd_requests_in_flight", Gauge, "", "Requests accepted and not yet ended.", MetricLabels.Cluster);
    public static readonly MetricDefinition Tokens = Make("xpyd_tokens", Counter, "", "Tokens of ended requests: prompt (cached ones among them), cached, output.", MetricLabels.Cluster, TokenKind);
    public static readonly MetricDefinition Cost = Make("xpyd_cost_dollars", Counter, "", "What the emulated GPUs would have cost to rent.", MetricLabels.Cluster);
    public static readonly MetricDefinition Energy = Make("xpyd_energy_joules", Counter, "J", "Board power of the emulated GPUs for the time they stepped.", MetricLabels.Cluster);

    internal static MetricDefinition Make(string name, MetricKind kind, string unit, string meaning, params ReadOnlySpan<MetricLabel> labels) =>
        new(name, kind, unit, meaning, [.. labels]);

    internal static MetricDefinition Distribution(string name, string unit, ImmutableArray<double> buckets, string meaning, params ReadOnlySpan<MetricLabel> labels) =>
        Make(name, Histogram, unit, meaning, labels) with { Buckets = buckets };
}
