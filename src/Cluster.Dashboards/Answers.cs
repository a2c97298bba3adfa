using System.Collections.Immutable;
using System.Text.RegularExpressions;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.VllmMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydInstanceMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydRequestMetrics;

namespace Cluster.Dashboards;

/// <summary>One recording rule: a figure of its own name, by cluster.</summary>
/// <param name="Asks">The question it answers, for the documents.</param>
public sealed partial record Answer(string Name, string Expression, string Asks)
{
    /// <summary>A panel's query without a panel: nothing to choose, a minute's rate.</summary>
    public string Query => Empty().Replace(Chosen().Replace(Expression, ""), "").Replace("$__rate_interval", "1m", StringComparison.Ordinal);

    [GeneratedRegex("\\w+=~\"\\$\\w+\",?")]
    private static partial Regex Chosen();

    [GeneratedRegex(@"\{\}")]
    private static partial Regex Empty();
}

/// <summary>Why a cluster wins or loses, for somebody who has Prometheus alone: typing <c>xpyd:</c> there lists them.</summary>
public static class Answers
{
    private static readonly string s_completed = Sum("cluster", Rate(Requests, more: "outcome=\"completed\""));

    public static ImmutableArray<Answer> All { get; } =
    [
        new("xpyd:goodput:requests_per_second", Sum("cluster", Rate(Goodput)), "Who wins? The larger, if both are offered the same load."),
        new("xpyd:missed_objectives:ratio", Ratio(Sum("cluster, objective", Rate(SloMisses)), $"on (cluster) group_left () {s_completed}"), "What does the loser lose by? ttft or tpot."),
        new("xpyd:ttft_hop:mean_seconds", Ratio(Sum("cluster, hop", Rate(TtftHop, "_sum")), $"on (cluster) group_left () {Sum("cluster", Rate(Ttft, "_count"))}"), "Where does TTFT go? The largest hop is the one to shorten."),
        new("xpyd:ttft:p99_seconds", Quantile(0.99, Ttft, "cluster"), "Beside xpyd_slo_target_seconds{objective=\"ttft\"}."),
        new("xpyd:tpot:p99_seconds", Quantile(0.99, Tpot, "cluster"), "Beside xpyd_slo_target_seconds{objective=\"tpot\"}."),
        new("xpyd:inter_token_latency:p99_seconds", Quantile(0.99, InterTokenLatency, "cluster"), "Do prompts stall tokens? Higher in an aggregated cluster: that is what disaggregation removes."),
        new("xpyd:busy:ratio", Ratio(Sum("cluster, role", Rate(StepWall)), $"count by (cluster, role) ({Select(InstanceInfo)})"), "Does x:y fit? One role near 1 and the other far below: it does not."),
        new("xpyd:step_wall:ratio", Ratio(Sum("cluster, role, wall", Rate(StepWall)), $"on (cluster, role) group_left () {Sum("cluster, role", Rate(StepWall))}"), "What binds each role? Only a lever that moves its wall helps it."),
        new("xpyd:late_steps:ratio", Ratio(Sum("cluster", Rate(LateSteps)), Sum("cluster", Rate(StepLateness, "_count"))), "Can it be believed? Above 0.05 the host was measured, not the cluster."),
    ];
}
