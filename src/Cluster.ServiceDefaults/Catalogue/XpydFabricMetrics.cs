using static Cluster.ServiceDefaults.Catalogue.MetricKind;
using static Cluster.ServiceDefaults.Catalogue.MetricLabels;
using static Cluster.ServiceDefaults.Catalogue.XpydRequestMetrics;

namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>Links, router and the emulator itself.</summary>
public static class XpydFabricMetrics
{
    public static readonly MetricDefinition LinkUtilization = Make("xpyd_link_utilization_ratio", Gauge, "1", "Bandwidth in use ÷ nominal bandwidth of the link.", MetricLabels.Cluster, Link);
    public static readonly MetricDefinition LinkTransfers = Make("xpyd_link_active_transfers", Gauge, "", "Transfers that share the link now.", MetricLabels.Cluster, Link);
    public static readonly MetricDefinition LinkWaiting = Make("xpyd_link_waiting_transfers", Gauge, "", "Transfers waiting for the link: in set-up, or for blocks at the destination.", MetricLabels.Cluster, Link);
    public static readonly MetricDefinition LinkBytes = Make("xpyd_link_bytes", Counter, "By", "Bytes the link has carried.", MetricLabels.Cluster, Link);
    public static readonly MetricDefinition LinkBandwidth = Make("xpyd_link_bandwidth_bytes_per_second", Gauge, "By/s", "Nominal bandwidth of the link, degradation included.", MetricLabels.Cluster, Link);
    public static readonly MetricDefinition TransferTime = Distribution("xpyd_kv_transfer_seconds", "s", Buckets.FineSeconds, "One KV transfer from start to last byte.", MetricLabels.Cluster);
    public static readonly MetricDefinition TransferExposed = Distribution("xpyd_kv_transfer_exposed_seconds", "s", Buckets.FineSeconds, "The part of a KV transfer that computing did not hide.", MetricLabels.Cluster);
    public static readonly MetricDefinition TransferFailures = Make("xpyd_kv_transfer_failures", Counter, "", "KV transfers that did not arrive.", MetricLabels.Cluster, FailureReason);

    public static readonly MetricDefinition RouterDecisions = Make("xpyd_router_decisions", Counter, "", "Routing decisions.", MetricLabels.Cluster, Policy, Decision);
    public static readonly MetricDefinition RouterSelected = Make("xpyd_router_selected", Counter, "", "How often the router chose an instance.", MetricLabels.Cluster, Role, MetricLabels.Engine);
    public static readonly MetricDefinition RouterPromptTokens = Make("xpyd_router_prompt_tokens", Counter, "", "Prompt tokens of routed requests.", MetricLabels.Cluster);
    public static readonly MetricDefinition RouterMatchedTokens = Make("xpyd_router_matched_tokens", Counter, "", "Prompt tokens the router believed cached on the instance it chose.", MetricLabels.Cluster);
    public static readonly MetricDefinition RouterHitTokens = Make("xpyd_router_hit_tokens", Counter, "", "Prompt tokens that then were cached there; below the matched ones the router's view was stale.", MetricLabels.Cluster);
    public static readonly MetricDefinition RouterRegret = Distribution("xpyd_router_regret_seconds", "s", Buckets.FineSeconds, "Estimated TTFT of the chosen instance less that of the best candidate, both on what the router believed.", MetricLabels.Cluster);
    public static readonly MetricDefinition RouterTrueRegret = Distribution("xpyd_router_true_regret_seconds", "s", Buckets.FineSeconds, "TTFT that a decision lost against the best placement by the true state of every instance; a sample of decisions.", MetricLabels.Cluster);
    public static readonly MetricDefinition RouterViewAge = Make("xpyd_router_view_age_seconds", Gauge, "s", "Age of the view the router decides on.", MetricLabels.Cluster);

    public static readonly MetricDefinition TimeScale = Make("xpyd_time_scale_ratio", Gauge, "1", "Emulated seconds per wall second, as configured.", MetricLabels.Cluster);
    public static readonly MetricDefinition TimeScaleAchieved = Make("xpyd_time_scale_achieved_ratio", Gauge, "1", "Emulated seconds per wall second, as achieved by the steps.", MetricLabels.Cluster);
    public static readonly MetricDefinition HostSaturation = Make("xpyd_host_saturation_ratio", Gauge, "1", "Share of this host's cores that the process keeps busy; near 1 the emulation runs late.");
    public static readonly MetricDefinition Faults = Make("xpyd_faults", Counter, "", "Faults injected.", MetricLabels.Cluster, FaultKind);
    public static readonly MetricDefinition BuildInfo = Make("xpyd_build_info", Gauge, "", "Version and grain runtime in labels; the value is 1.", new MetricLabel("version", "of xpyd", 1), MetricLabel.Of("runtime", "that hosts the grains", "orleans", "local"));
}
