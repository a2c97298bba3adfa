using static Cluster.Dashboards.PanelKind;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.VllmMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydFabricMetrics;

namespace Cluster.Dashboards;

/// <summary>What the KV crosses: how full, how fast, what fails.</summary>
public static class LinksDashboard
{
    public static Dashboard Create() => new("xpyd-links", "xpyd: links", "Bandwidth shared by KV transfers, and what they cost requests.",
    [
        new Row("Links",
            new Panel(Lines, "Utilisation", "percentunit", "Bytes carried, both ways, ÷ nominal bandwidth of the port, over the interval. Transfers share it fairly; the nearer to 1, the longer each takes.", new Query(Ratio(Sum("cluster, link", Rate(LinkBytes)), Sum("cluster, link", Select(LinkBandwidth))), "{{cluster}} {{link}}")) { Max = 1, Thresholds = [new(0.8, "orange"), new(0.95, "red")] },
            new Panel(Lines, "Throughput", "Bps", "Bytes carried per second.", new Query(Sum("cluster, link", Rate(LinkBytes)), "{{cluster}} {{link}}")),
            new Panel(Lines, "Transfers under way", "none", "Mean number at once. Rising without end: the link carries less than prefill makes.", new Query(Sum("cluster", Rate(TransferTime, "_sum")), "{{cluster}}")),
            new Panel(Lines, "Momentary state of the busiest link", "none", "Transfers that share it, those in set-up or waiting for blocks at the destination, and its use, at the moment of the scrape: short transfers fall between scrapes.",
                new Query(Max("cluster", Select(LinkTransfers)), "{{cluster}} active"), new Query(Max("cluster", Select(LinkWaiting)), "{{cluster}} waiting"), new Query(Max("cluster", Select(LinkUtilization)), "{{cluster}} use, 0 to 1")),
            new Panel(Bars, "Nominal bandwidth", "Bps", "Degradation by faults included; 0 is a cut link.", new Query(Select(LinkBandwidth), "{{cluster}} {{link}}")) { Width = 24, Height = 7 }),
        new Row("Transfers",
            new Panel(Lines, "Transfer time", "s", "First to last byte.", new Query(Quantile(0.5, TransferTime, "cluster"), "{{cluster}} p50"), new Query(Quantile(0.99, TransferTime, "cluster"), "{{cluster}} p99")),
            new Panel(Lines, "Exposed time", "s", "What computing did not hide: the part that TTFT feels.", new Query(Quantile(0.5, TransferExposed, "cluster"), "{{cluster}} p50"), new Query(Quantile(0.99, TransferExposed, "cluster"), "{{cluster}} p99")),
            new Panel(Lines, "Mean size", "bytes", "Small transfers reach less of the bandwidth.", new Query(Mean(NixlBytesTransferred, "cluster, engine"), "{{cluster}} into {{engine}}")),
            new Panel(Lines, "Arrival p99 by instance", "s", "Transfer time seen by the receiving instance, under vLLM's name and in its buckets (5, 10, 25, 50 ms …).", new Query(Quantile(0.99, NixlXferTime, "cluster, engine"), "{{cluster}} into {{engine}}")),
            new Panel(Stacked, "Failures", "reqps", "expired: nobody pulled the blocks in time; link_down and instance_down: faults.", new Query(Sum("cluster, reason", Rate(TransferFailures)), "{{reason}}")) { Thresholds = [new(0.01, "red")] }),
    ]);
}
