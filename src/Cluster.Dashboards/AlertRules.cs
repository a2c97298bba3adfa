using System.Collections.Immutable;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.Dashboards;

/// <summary>One alert: <paramref name="Value"/> beyond its limit for a while.</summary>
/// <param name="Value">PromQL that has a value while all is well, too; so a test can tell a calm alert from a broken one.</param>
/// <param name="Fires">Given <paramref name="Value"/>, when it fires.</param>
/// <param name="For">Prometheus duration, e.g. <c>2m</c>.</param>
public sealed record AlertRule(string Name, ImmutableArray<string> Value, string Fires, string For, string Severity, string Summary, string Advice);

/// <summary>Alerts that ship with the dashboards.</summary>
public static class AlertRules
{
    private const string Goodput = "xpyd_goodput_requests_total";
    private const string Completed = "xpyd_requests_total{outcome=\"completed\"}";

    public static ImmutableArray<AlertRule> All { get; } =
    [
        Burn("XpydSloBurnFast", "5m", "1h", 14.4, "2m", "critical"),
        Burn("XpydSloBurnSlow", "30m", "6h", 6, "15m", "warning"),
        new("XpydKvCacheSaturated",
            [VllmMetrics.KvCacheUsage.SampleName, $"{VllmMetrics.NumRequestsWaitingByReason.SampleName}{{reason=\"capacity\"}}"],
            $"{VllmMetrics.KvCacheUsage.SampleName} > 0.95 and on (instance, engine) {VllmMetrics.NumRequestsWaitingByReason.SampleName}{{reason=\"capacity\"}} > 0",
            "2m", "warning", "KV cache of {{ $labels.engine }} is full and requests wait for it.",
            "Add decode instances, quantise KV, or lower max_num_seqs; preemptions will follow."),
        new("XpydTransferStalled",
            [XpydFabricMetrics.LinkTransfers.SampleName, $"rate({XpydFabricMetrics.LinkBytes.SampleName}[1m])"],
            $"{XpydFabricMetrics.LinkTransfers.SampleName} > 0 and rate({XpydFabricMetrics.LinkBytes.SampleName}[1m]) == 0",
            "1m", "critical", "KV transfers on {{ $labels.link }} of {{ $labels.cluster }} make no progress.",
            "Look at the link's bandwidth on the links dashboard: 0 is a cut link; a source may have died."),
        new("XpydTransfersFail",
            [$"sum by (cluster) (rate({XpydFabricMetrics.TransferFailures.SampleName}[5m]))"],
            $"sum by (cluster) (rate({XpydFabricMetrics.TransferFailures.SampleName}[5m])) > 0.1",
            "2m", "warning", "KV transfers of {{ $labels.cluster }} fail.", "The reason label tells expired blocks from faults."),
        new("XpydEmulatorLate",
            [LateShare],
            $"{LateShare} > 0.05",
            "2m", "warning", "The emulator of {{ $labels.cluster }} is late in more than one step of twenty: its latencies are too long.",
            "Lower time.scale, use fewer instances per host, or compute: modeled."),
        new("XpydInstanceFailed",
            [XpydInstanceMetrics.Instances.SampleName],
            $"{XpydInstanceMetrics.Instances.SampleName}{{state=\"failed\"}} > 0",
            "30s", "critical", "{{ $value }} {{ $labels.role }} instance(s) of {{ $labels.cluster }} have failed.",
            "Clear the fault or scale the pool; requests were routed elsewhere."),
        new("XpydPreempting",
            [$"rate({VllmMetrics.NumPreemptions.SampleName}[5m])"],
            $"rate({VllmMetrics.NumPreemptions.SampleName}[5m]) > 0.5",
            "5m", "warning", "{{ $labels.engine }} preempts requests continually and computes them again.",
            "Its KV cache is too small for its batch: lower max_num_seqs or add memory."),
    ];

    private static string LateShare =>
        $"sum by (cluster) (rate({XpydInstanceMetrics.LateSteps.SampleName}[2m])) / sum by (cluster) (rate({XpydInstanceMetrics.StepLateness.SampleName}_count[2m]))";

    /// <summary>Burn rate over a short and a long window, of a budget of 1 % of requests (Google SRE workbook, chapter 5).</summary>
    private static AlertRule Burn(string name, string shortWindow, string longWindow, double rate, string wait, string severity)
    {
        var limit = FormattableString.Invariant($"{rate * 0.01:0.###}");
        return new AlertRule(name, [Missed(shortWindow), Missed(longWindow)],
            $"{Missed(shortWindow)} > {limit} and {Missed(longWindow)} > {limit}",
            wait, severity, $"{{{{ $labels.cluster }}}} spends its budget of missed objectives {FormattableString.Invariant($"{rate}")} times too fast.",
            "The trade-off dashboard shows which hop or wall grew.");
    }

    private static string Missed(string window) =>
        $"(1 - sum by (cluster) (rate({Goodput}[{window}])) / sum by (cluster) (rate({Completed}[{window}])))";
}
