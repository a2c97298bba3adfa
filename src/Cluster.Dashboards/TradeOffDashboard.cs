using static Cluster.Dashboards.PanelKind;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.XpydFabricMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydInstanceMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydRequestMetrics;

namespace Cluster.Dashboards;

/// <summary>Disaggregated against aggregated on one time axis: who wins, by how much, and why.</summary>
public static class TradeOffDashboard
{
    private static readonly string s_gpus = $"sum by (cluster) ({Select(InstanceInfo)})";

    public static Dashboard Create() => new("xpyd-tradeoff", "xpyd: prefill/decode trade-off", "Every variant on one axis. Disaggregation pays when the TPOT it protects is worth the transfer it adds.",
    [
        new Row("Who wins",
            new Panel(Lines, "Goodput by variant", "reqps", "Requests per second within all objectives: the figure of merit.", new Query(Sum("cluster", Rate(Goodput)), "{{cluster}}")),
            new Panel(Lines, "Goodput per instance", "reqps", "The same per instance, so that variants of different size compare.", new Query(Ratio(Sum("cluster", Rate(Goodput)), s_gpus), "{{cluster}}")),
            new Panel(Lines, "TTFT p99 by variant", "s", "Disaggregation adds the transfer, and takes away decode's share of the GPU.", new Query(Quantile(0.99, Ttft, "cluster"), "{{cluster}}")),
            new Panel(Lines, "TPOT p99 by variant", "s", "In an aggregated cluster prefills stall decodes: spikes here are what disaggregation removes.", new Query(Quantile(0.99, Tpot, "cluster"), "{{cluster}}"))),
        new Row("Where TTFT goes",
            new Panel(Stacked, "Mean TTFT by hop", "s", "The hops add up to TTFT. A thick prefill_queue wants prefill instances, a thick kv_transfer a faster link or layer-wise overlap, a thick decode_queue decode instances.",
                new Query(Ratio(Sum("cluster, hop", Rate(TtftHop, "_sum")), $"on (cluster) group_left () {Sum("cluster", Rate(Ttft, "_count"))}"), "{{cluster}} {{hop}}")) { Width = 24, Height = 10 },
            new Panel(Lines, "Hop p99", "s", "Tails of the hops; tails do not add up.", new Query(Quantile(0.99, TtftHop, "cluster, hop"), "{{cluster}} {{hop}}")),
            new Panel(Lines, "KV transfer: whole and exposed", "s", "Exposed is what computing did not hide. Near the whole: overlap is off or the link is slow.",
                new Query(Mean(TransferTime, "cluster"), "{{cluster}} whole"), new Query(Mean(TransferExposed, "cluster"), "{{cluster}} exposed"))),
        new Row("Why",
            new Panel(Stacked, "Step time by role and wall", "percentunit", "Seconds per second in steps bound by each resource. Prefill bound by compute and decode by bandwidth means each role uses what it is good at.",
                new Query(Sum("cluster, role, wall", Rate(StepWall)), "{{cluster}} {{role}} {{wall}}")),
            new Panel(Lines, "Utilisation while stepping", "percentunit", "MFU: share of peak FLOP/s. MBU: share of peak HBM bandwidth. Aggregated instances are mediocre at both.",
                new Query($"avg by (cluster, role) ({Select(StepMfu)})", "{{cluster}} {{role}} MFU"), new Query($"avg by (cluster, role) ({Select(StepMbu)})", "{{cluster}} {{role}} MBU")) { Max = 1 },
            new Panel(Lines, "Step duration p99 by role", "s", "Decode steps should be short and even; long ones have a prefill inside.", new Query(Quantile(0.99, StepDuration, "cluster, role"), "{{cluster}} {{role}}")),
            new Panel(Lines, "Busy share by role", "percentunit", "Share of time an instance of the role steps. One role near 1 and the other far below: the ratio x:y is wrong.",
                new Query(Ratio(Sum("cluster, role", Rate(StepWall)), $"count by (cluster, role) ({Select(InstanceInfo)})"), "{{cluster}} {{role}}")) { Thresholds = [new(0.95, "red")] }),
    ]);
}
