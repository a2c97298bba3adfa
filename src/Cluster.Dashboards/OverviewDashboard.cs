using System.Collections.Immutable;
using Cluster.ServiceDefaults.Catalogue;
using static Cluster.Dashboards.PanelKind;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.XpydInstanceMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydRequestMetrics;

namespace Cluster.Dashboards;

/// <summary>Is the cluster well, and what holds it back? Readable at a glance.</summary>
public static class OverviewDashboard
{
    private static readonly string s_outputTokens = Sum("cluster", Rate(Tokens, more: "kind=\"output\""));

    private static readonly ImmutableArray<Threshold> s_objective = [new(0.8, "orange"), new(1, "red")];

    public static Dashboard Create() => new("xpyd-overview", "xpyd: overview", "Clients' view of the cluster, and the wall that binds each role.",
    [
        new Row("Now",
            Number("Goodput", "reqps", "Completed requests per second that met every objective.", Sum("cluster", Rate(Goodput))),
            Number("Share within objectives", "percentunit", "Goodput ÷ completed requests. Below 0.99 somebody notices.", Ratio(Sum("cluster", Rate(Goodput)), Sum("cluster", Rate(Requests, more: "outcome=\"completed\"")))) with { Max = 1, Base = "red", Thresholds = [new(0.95, "orange"), new(0.99, "green")] },
            Number("TTFT p99", "s", "99 of 100 first tokens come sooner.", Quantile(0.99, Ttft, "cluster")),
            Number("TTFT p99 of its objective", "percentunit", "Above 1 the objective is missed by more than one request in a hundred.", OfObjective(Ttft, "ttft")) with { Thresholds = s_objective },
            Number("TPOT p99", "s", "99 of 100 requests stream faster.", Quantile(0.99, Tpot, "cluster")),
            Number("TPOT p99 of its objective", "percentunit", "Above 1 the objective is missed by more than one request in a hundred.", OfObjective(Tpot, "tpot")) with { Thresholds = s_objective },
            Number("Output tokens", "si:tok/s", "Tokens per second that reached clients.", s_outputTokens),
            Number("Cost per million tokens", "currencyUSD", "Rent of the emulated GPUs ÷ output tokens.", Ratio(Sum("cluster", Rate(Cost)), $"({s_outputTokens} / 1e6)"))),
        new Row("Latency against the objectives",
            new Panel(Lines, "TTFT", "s", "Arrival at the gateway to first token. The dashed line is the objective; a widening gap between p50 and p99 means queueing.",
                new Query(Quantile(0.5, Ttft, "cluster"), "{{cluster}} p50"), new Query(Quantile(0.9, Ttft, "cluster"), "{{cluster}} p90"),
                new Query(Quantile(0.99, Ttft, "cluster"), "{{cluster}} p99"), new Query(Select(SloTarget, more: "objective=\"ttft\""), "{{cluster}} objective")),
            new Panel(Lines, "TPOT", "s", "Time per output token after the first, per request. It rises with the decode batch and with prefills that share the GPU.",
                new Query(Quantile(0.5, Tpot, "cluster"), "{{cluster}} p50"), new Query(Quantile(0.9, Tpot, "cluster"), "{{cluster}} p90"),
                new Query(Quantile(0.99, Tpot, "cluster"), "{{cluster}} p99"), new Query(Select(SloTarget, more: "objective=\"tpot\""), "{{cluster}} objective")),
            new Panel(Lines, "E2E", "s", "Arrival to last token.", new Query(Quantile(0.5, E2e, "cluster"), "{{cluster}} p50"), new Query(Quantile(0.99, E2e, "cluster"), "{{cluster}} p99"))),
        new Row("Traffic",
            new Panel(Stacked, "Requests by outcome", "reqps", "Rejected means the router predicted a miss or the queue was full; failed is a fault.", new Query(Sum("cluster, outcome", Rate(Requests)) + " > 0", "{{outcome}}")) { Colors = Palette.Outcomes },
            new Panel(Lines, "Requests in flight", "short", "Accepted and not ended. Growing without end: arrivals exceed capacity.", new Query(Select(InFlight), "{{cluster}}")),
            new Panel(Lines, "Tokens", "si:tok/s", "Prompt tokens (cached ones among them) and output tokens of ended requests.", new Query(Sum("cluster, kind", Rate(Tokens)), "{{cluster}} {{kind}}")),
            new Panel(Lines, "Energy per output token", "joule", "Draw of the emulated GPUs ÷ output tokens.", new Query(Ratio(Sum("cluster", Rate(Energy)), s_outputTokens), "{{cluster}}")),
            new Panel(Stacked, "Missed objectives", "reqps", "Completed requests per second that missed an objective; one request may miss several.", new Query(Sum("cluster, objective", Rate(SloMisses)), "{{objective}}"))),
        new Row("What holds it back",
            new Panel(Words, "Binding wall", "none", "The resource that binds each role now. Pull a lever that moves this wall; others change nothing.", new Query($"{Select(BindingWall)} == 1", "{{cluster}} {{role}}: {{wall}}")) { Height = 5 },
            new Panel(Stat, "Instances", "none", "Instances by life-cycle state.", new Query($"{Select(Instances)} > 0", "{{cluster}} {{role}} {{state}}")) { Height = 5, Base = "text" },
            new Panel(Stacked, "Share of instance time by wall", "percentunit", "What the cluster's instances spent their time in; what is missing to 1 was idle. Compute binds prefill, bandwidth decode, as a rule.",
                new Query($"{Ratio(Sum("cluster, role, wall", Rate(StepWall)), $"on (cluster) group_left () count by (cluster) ({Select(InstanceInfo)})")} > 0", "{{role}} {{wall}}")) { Max = 1 },
            new Panel(Stacked, "Requests that wait, by wall", "none", "Mean number at the head of a queue, by what they wait for: capacity is KV blocks, contention a batch slot or token budget.",
                new Query(Sum("cluster, role, wall", Rate(WaitWall)), "{{role}} {{wall}}"))),
    ]);

    private static Panel Number(string title, string unit, string description, string expression) =>
        new(Stat, title, unit, description, new Query(expression, "{{cluster}}")) { Width = 6, Height = 4 };

    private static string OfObjective(MetricDefinition latency, string objective) =>
        Ratio(Quantile(0.99, latency, "cluster"), $"on (cluster) max by (cluster) ({Select(SloTarget, more: $"objective=\"{objective}\"")})");
}
