using System.Collections.Immutable;
using static Cluster.Dashboards.PanelKind;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.VllmMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydFabricMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydInstanceMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydRequestMetrics;

namespace Cluster.Dashboards;

/// <summary>Disaggregated against aggregated on one time axis: who wins, by how much, and why.</summary>
public static class TradeOffDashboard
{
    private static readonly string s_completed = Sum("cluster", Rate(Requests, more: "outcome=\"completed\""));
    private static readonly string s_goodput = Sum("cluster", Rate(Goodput));
    private static readonly string s_meanHop = Ratio(Sum("cluster, hop", Rate(TtftHop, "_sum")), $"on (cluster) group_left () {Sum("cluster", Rate(Ttft, "_count"))}");
    private static readonly string s_instances = $"count by (cluster) ({Select(InstanceInfo)})";
    private static readonly ImmutableArray<Threshold> s_objective = [new(0.8, "orange"), new(1, "red")];

    public static Dashboard Create() => new("xpyd-tradeoff", "xpyd: prefill/decode trade-off", "Every variant on one axis. Disaggregation pays when the TPOT it protects is worth the transfer it adds.",
    [
        new Row("Who wins, and why",
            new Panel(Stat, "Goodput", "reqps", "Requests per second within all objectives: the figure of merit. The larger wins, if both are offered the same load.", new Query(s_goodput, "{{cluster}}")) { Width = 8, Height = 5 },
            new Panel(Stat, "Missed objectives", "percentunit", "Share of completed requests that missed an objective, by objective. TTFT missed: look at the hops. TPOT missed: look at steps and inter-token latency.",
                new Query($"{Ratio(Sum("cluster, objective", Rate(SloMisses)), $"on (cluster) group_left () {s_completed}")} > 0.001", "{{cluster}}: {{objective}}")) { Width = 8, Height = 5, NoValue = "none is missed", IsOfNow = true, Thresholds = [new(0.01, "orange"), new(0.05, "red")] },
            new Panel(Stat, "Longest hop of TTFT", "s", "The part of the mean TTFT that is the longest. prefill_queue wants prefill instances, kv_transfer a faster link, decode_queue decode instances, kv_alloc KV memory.",
                new Query($"topk by (cluster) (1, {s_meanHop})", "{{cluster}}: {{hop}}")) { Width = 8, Height = 5, IsOfNow = true },
            new Panel(Stat, "TTFT p99 of its objective", "percentunit", "Above 1 it is missed by more than one request in a hundred. Disaggregation adds a transfer to it, and takes away decode's share of the GPU.", new Query(OfObjective(Ttft, "ttft"), "{{cluster}}")) { Width = 6, Height = 5, Thresholds = s_objective },
            new Panel(Stat, "TPOT p99 of its objective", "percentunit", "Above 1 it is missed by more than one request in a hundred. Prefills that share the GPU lengthen it.", new Query(OfObjective(Tpot, "tpot"), "{{cluster}}")) { Width = 6, Height = 5, Thresholds = s_objective },
            new Panel(Words, "Binding wall", "none", "The resource that binds each role now. Only a lever that moves this wall helps that role.", new Query($"{Select(BindingWall)} == 1", "{{cluster}} {{role}}: {{wall}}")) { Width = 6, Height = 5 },
            new Panel(Stat, "Late steps of the emulator", "percentunit", "Above 0.05 the host, not the cluster, was measured: lower time.scale or use fewer instances.",
                new Query(Ratio(Sum("cluster", Rate(LateSteps)), Sum("cluster", Rate(StepLateness, "_count"))), "{{cluster}}")) { Width = 6, Height = 5, Max = 1, Thresholds = [new(0.01, "orange"), new(0.05, "red")] }),
        new Row("By how much",
            new Panel(Lines, "Goodput by variant", "reqps", "Requests per second within all objectives, and all that completed.", new Query(s_goodput, "{{cluster}}"), new Query(s_completed, "{{cluster}} completed")),
            new Panel(Lines, "Goodput per GPU", "reqps", "The same per GPU, so that variants of different size compare.", new Query(Ratio(s_goodput, Sum("cluster", Select(Gpus))), "{{cluster}}")),
            new Panel(Lines, "TTFT p99 by variant", "s", "Arrival to first token, and its objective.", new Query(Quantile(0.99, Ttft, "cluster"), "{{cluster}}"), new Query(Max("", Select(SloTarget, more: "objective=\"ttft\"")), "objective")),
            new Panel(Lines, "TPOT p99 by variant", "s", "Time per output token, a mean per request, and its objective. In an aggregated cluster prefills stall decodes: what is higher there is what disaggregation removes.", new Query(Quantile(0.99, Tpot, "cluster"), "{{cluster}}"), new Query(Max("", Select(SloTarget, more: "objective=\"tpot\"")), "objective")),
            new Panel(Lines, "Inter-token latency p99", "s", "Gaps between tokens: the stutter that a prompt in the same step makes. As coarse as vLLM's buckets (10, 25, 50, 75 ms …).", new Query(Quantile(0.99, InterTokenLatency, "cluster"), "{{cluster}}")),
            new Panel(Lines, "Step duration p99 by role", "s", "Decode steps should be short and even; long ones have a prefill inside.", new Query(Quantile(0.99, StepDuration, "cluster, role"), "{{cluster}} {{role}}"))),
        new Row("Where TTFT goes",
            new Panel(Stacked, "Mean TTFT by hop", "s", "The hops add up to TTFT. A thick prefill_queue wants prefill instances, a thick kv_transfer a faster link or layer-wise overlap, a thick decode_queue decode instances.",
                new Query(s_meanHop, "{{hop}}")) { Height = 9, Colors = Palette.Hops },
            new Panel(Lines, "Hop p99", "s", "Tails of the hops; tails do not add up. Those below a millisecond are left out.", new Query($"{Quantile(0.99, TtftHop, "cluster, hop")} > 0.001", "{{cluster}} {{hop}}")),
            new Panel(Lines, "KV transfer: whole and exposed", "s", "Exposed is what computing did not hide. Near the whole: overlap is off or the link is slow.",
                new Query(Mean(TransferTime, "cluster"), "{{cluster}} whole"), new Query(Mean(TransferExposed, "cluster"), "{{cluster}} exposed"))),
        new Row("What binds",
            new Panel(Stacked, "Share of instance time by role and wall", "percentunit", "What the cluster's instances spent their time in; what is missing to 1 was idle. Prefill bound by compute and decode by bandwidth means each role uses what it is good at.",
                new Query($"{Ratio(Sum("cluster, role, wall", Rate(StepWall)), $"on (cluster) group_left () {s_instances}")} > 0", "{{role}} {{wall}}")) { Max = 1 },
            new Panel(Lines, "Utilisation while stepping", "percentunit", "MFU: share of peak FLOP/s. MBU: share of peak HBM bandwidth. Aggregated instances are mediocre at both.",
                new Query($"avg by (cluster, role) ({Select(StepMfu)})", "{{cluster}} {{role}} MFU"), new Query($"avg by (cluster, role) ({Select(StepMbu)})", "{{cluster}} {{role}} MBU")) { Max = 1 },
            new Panel(Lines, "Busy share by role", "percentunit", "Share of time an instance of the role steps. One role near 1 and the other far below: the ratio x:y is wrong.",
                new Query(Ratio(Sum("cluster, role", Rate(StepWall)), $"count by (cluster, role) ({Select(InstanceInfo)})"), "{{cluster}} {{role}}")) { Thresholds = [new(0.95, "red")] }),
    ])
    {
        Guide = """
            1. The larger *goodput* wins, if both are offered the same load.
            2. *Missed objectives* says what the loser lost by. **ttft**: the *longest hop* says where; `prefill_queue` wants prefill instances, `kv_transfer` a faster link, `decode_queue` decode instances. **tpot**: prefills share steps with decodes (aggregated), or the decode batch is too large.
            3. The *binding wall* of a role is the only one whose levers help it. compute: fewer or cheaper FLOPs; bandwidth: smaller weights and KV; capacity: more KV memory; host: larger batches.
            4. With more than 5 % *late steps* none of this counts: the host was measured, not the cluster.
            """,
    };

    private static string OfObjective(ServiceDefaults.Catalogue.MetricDefinition latency, string objective) =>
        Ratio(Quantile(0.99, latency, "cluster"), $"on (cluster) max by (cluster) ({Select(SloTarget, more: $"objective=\"{objective}\"")})");
}
