using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Sweeping;

/// <summary>Runs the points of a sweep that are not known already.</summary>
public static class SweepRunner
{
    /// <param name="known">Rows of an earlier, interrupted sweep, by fingerprint; see <see cref="SweepFile"/>.</param>
    /// <param name="degree">Runs at a time. The rows and their order do not depend on it.</param>
    /// <param name="finished">Gets each row in order, as soon as all before it are there.</param>
    public static IReadOnlyList<SweepRow> Run(
        SweepPlan plan, IReadOnlyDictionary<string, IReadOnlyList<string>>? known = null, int degree = 1,
        Action<SweepRow>? finished = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return ParallelMap.Run(plan.Points, degree, One, (_, row) => finished?.Invoke(row), cancellation);

        SweepRow One(SweepPoint point)
        {
            if (known is not null && known.TryGetValue(point.Fingerprint, out var cells)) return new SweepRow(point, cells);
            var variant = plan.Resolve(point);
            var run = ClusterSimulation.Run(variant.Cluster, variant.Workload, null, cancellation);
            return new SweepRow(point, SweepColumns.Cells(VariantReport.Of(run)));
        }
    }
}
