using System.Diagnostics.Metrics;
using Cluster.Engine.Diagnosis;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>Publishes the gauges of every cluster in the process.</summary>
internal sealed class ClusterObservables(Meter meter, Func<IEnumerable<ClusterSeries>> clusters)
{
    public void Create()
    {
        One(XpydRequestMetrics.InFlight, g => g.InFlight?.Invoke() ?? double.NaN);
        One(XpydFabricMetrics.TimeScale, g => g.TimeScale);
        One(XpydFabricMetrics.TimeScaleAchieved, g => g.AchievedTimeScale);
        One(XpydFabricMetrics.RouterViewAge, g => g.RouterViewAgeSeconds);
        Many(XpydRequestMetrics.SloTarget, g => g.ByObjective, (g, at) => g.Objective(at));
        Many(XpydInstanceMetrics.Instances, g => g.ByRoleAndState, (g, at) => g.Instances(at));
        meter.Observe(XpydInstanceMetrics.BindingWall, () => clusters().SelectMany(c => Walls(c.Gauges)));
    }

    private void One(MetricDefinition metric, Func<ClusterGauges, double> read) =>
        meter.Observe(metric, () => clusters().Select(c => (Value: read(c.Gauges), c.Gauges.ClusterLabels))
            .Where(m => !double.IsNaN(m.Value)).Select(m => new Measurement<double>(m.Value, m.ClusterLabels)));

    private void Many(MetricDefinition metric, Func<ClusterGauges, Labels[]> labels, Func<ClusterGauges, int, double> read) =>
        meter.Observe(metric, () => clusters().SelectMany(c => labels(c.Gauges).Select((l, at) => (Value: read(c.Gauges, at), Labels: l)))
            .Where(m => !double.IsNaN(m.Value)).Select(m => new Measurement<double>(m.Value, m.Labels)));

    private static IEnumerable<Measurement<double>> Walls(ClusterGauges gauges)
    {
        for (var role = 0; role < gauges.ByRoleAndWall.Length; role++)
        {
            if (gauges.BindingWall(role) is not { } binding) continue;
            foreach (var wall in Enum.GetValues<Wall>())
                yield return new Measurement<double>(wall == binding ? 1 : 0, gauges.ByRoleAndWall[role][wall.Index()]);
        }
    }
}
