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
            new Panel(Lines, "Utilisation", "percentunit", "Bandwidth in use ÷ nominal. Transfers share it fairly; near 1 each new one slows the others.", new Query(Select(LinkUtilization), "{{cluster}} {{link}}")) { Max = 1, Thresholds = [new(0.8, "orange"), new(0.95, "red")] },
            new Panel(Lines, "Throughput", "Bps", "Bytes carried per second.", new Query(Sum("cluster, link", Rate(LinkBytes)), "{{cluster}} {{link}}")),
            new Panel(Stacked, "Active transfers", "short", "Transfers sharing the link.", new Query(Select(LinkTransfers), "{{cluster}} {{link}}")),
            new Panel(Stacked, "Waiting transfers", "short", "In set-up, or waiting for blocks at the destination.", new Query(Select(LinkWaiting), "{{cluster}} {{link}}")),
            new Panel(Bars, "Nominal bandwidth", "Bps", "Degradation by faults included; 0 is a cut link.", new Query(Select(LinkBandwidth), "{{cluster}} {{link}}"))),
        new Row("Transfers",
            new Panel(Lines, "Transfer time", "s", "First to last byte.", new Query(Quantile(0.5, TransferTime, "cluster"), "{{cluster}} p50"), new Query(Quantile(0.99, TransferTime, "cluster"), "{{cluster}} p99")),
            new Panel(Lines, "Exposed time", "s", "What computing did not hide: the part that TTFT feels.", new Query(Quantile(0.5, TransferExposed, "cluster"), "{{cluster}} p50"), new Query(Quantile(0.99, TransferExposed, "cluster"), "{{cluster}} p99")),
            new Panel(Lines, "Mean size", "bytes", "Small transfers reach less of the bandwidth.", new Query(Ratio(Sum("engine", Rate(NixlBytesTransferred, "_sum")), Sum("engine", Rate(NixlBytesTransferred, "_count"))), "into {{engine}}")),
            new Panel(Lines, "Arrival p99 by instance", "s", "Transfer time seen by the receiving instance.", new Query(Quantile(0.99, NixlXferTime, "engine"), "into {{engine}}")),
            new Panel(Stacked, "Failures", "reqps", "expired: nobody pulled the blocks in time; link_down and instance_down: faults.", new Query(Sum("cluster, reason", Rate(TransferFailures)), "{{cluster}} {{reason}}")) { Thresholds = [new(0.01, "red")] }),
    ]);
}
