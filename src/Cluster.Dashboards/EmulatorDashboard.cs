using static Cluster.Dashboards.PanelKind;
using static Cluster.Dashboards.Promql;
using static Cluster.ServiceDefaults.Catalogue.XpydFabricMetrics;
using static Cluster.ServiceDefaults.Catalogue.XpydInstanceMetrics;

namespace Cluster.Dashboards;

/// <summary>Can the numbers of the other dashboards be trusted right now?</summary>
public static class EmulatorDashboard
{
    public static Dashboard Create() => new("xpyd-emulator", "xpyd: emulator health", "When the host cannot keep up, emulated latencies are too long. Look here before believing a surprise.",
    [
        new Row("Honesty",
            new Panel(Stat, "Late steps", "percentunit", "Share of steps that ended over a tenth late. Above 0.05 lower time.scale or use fewer instances.",
                new Query(Ratio(Sum("cluster", Rate(LateSteps)), Sum("cluster", Rate(StepLateness, "_count"))), "{{cluster}}")) { Width = 6, Height = 6, Max = 1, Thresholds = [new(0.01, "orange"), new(0.05, "red")] },
            new Panel(Stat, "Host saturation", "percentunit", "Share of the host's cores in use by the emulator.", new Query(Select(HostSaturation), "{{instance}}")) { Width = 6, Height = 6, Max = 1, Thresholds = [new(0.8, "orange"), new(0.95, "red")] },
            new Panel(Stat, "Time scale achieved", "percentunit", "Achieved ÷ configured: below 1 the emulation falls behind.", new Query(Ratio(Select(TimeScaleAchieved), Select(TimeScale)), "{{cluster}}")) { Width = 6, Height = 6, Base = "red", Thresholds = [new(0.95, "orange"), new(0.99, "green")] },
            new Panel(Stat, "Faults", "short", "Faults injected since the start, by kind: a surprise may be your own.", new Query($"{Sum("cluster, kind", Select(Faults))} > 0", "{{cluster}} {{kind}}")) { Width = 6, Height = 6, NoValue = "none", Thresholds = [new(1, "orange")] }),
        new Row("Over time",
            new Panel(Lines, "Step lateness", "s", "Wall time by which steps end after they are due.", new Query(Quantile(0.5, StepLateness, "cluster, role"), "{{cluster}} {{role}} p50"), new Query(Quantile(0.99, StepLateness, "cluster, role"), "{{cluster}} {{role}} p99")) { Thresholds = [new(0.001, "orange"), new(0.005, "red")] },
            new Panel(Lines, "Late steps by instance", "si:steps/s", "One instance alone: its silo is crowded. All: the host is.", new Query(Sum("cluster, engine", Rate(LateSteps)), "{{cluster}} {{engine}}")),
            new Panel(Lines, "Time scale", "none", "Emulated seconds per wall second, configured and achieved.", new Query(Select(TimeScale), "{{cluster}} configured"), new Query(Select(TimeScaleAchieved), "{{cluster}} achieved")),
            new Panel(Lines, "Steps", "si:steps/s", "Steps of all instances per second: what the host has to carry.", new Query(Sum("cluster, role", Rate(StepDuration, "_count")), "{{cluster}} {{role}}")),
            new Panel(Lines, "Memory of the process", "bytes", "Working set.", new Query("dotnet_process_memory_working_set_bytes", "{{instance}}")),
            new Panel(Lines, "Garbage collections", "cps", "Long collections make steps late.", new Query("sum by (instance, gc_heap_generation) (rate(dotnet_gc_collections_total[$__rate_interval]))", "{{instance}} {{gc_heap_generation}}")),
            new Panel(Words, "Versions", "none", "What runs where.", new Query(Select(BuildInfo), "{{instance}} {{version}} on {{runtime}}")) { Width = 24, Height = 4 }),
    ]);
}
