using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>Life-cycle state of an instance.</summary>
public enum InstanceLifeCycle
{
    Starting,
    Ready,
    Draining,
    Failed,
}

/// <summary>Values of a cluster at this moment. What was never set is not published.</summary>
public sealed class ClusterGauges
{
    private readonly Wall?[] _wallByRole = new Wall?[3];
    private readonly int[] _instances = new int[12];

    internal ClusterGauges(Labels cluster)
    {
        ClusterLabels = cluster;
        ByObjective = cluster.ForEach(MetricLabels.Objective);
        ByRole = [.. cluster.ForEach(MetricLabels.Role)];
        ByRoleAndWall = [.. ByRole.Select(role => role.ForEach(MetricLabels.Wall))];
        ByRoleAndState = [.. ByRole.SelectMany(role => role.ForEach(MetricLabels.InstanceStateLabel))];
    }

    /// <summary>Objectives in force; null: none were set.</summary>
    public SloSpec? Slo { get; set; }

    /// <summary>Configured emulated seconds per wall second; NaN until set.</summary>
    public double TimeScale { get; set; } = double.NaN;

    /// <summary>Achieved emulated seconds per wall second; NaN until measured.</summary>
    public double AchievedTimeScale { get; set; } = double.NaN;

    /// <summary>Age of the router's view, emulated; NaN until set.</summary>
    public double RouterViewAgeSeconds { get; set; } = double.NaN;

    /// <summary>Reads the requests that were accepted and have not ended, at each scrape; null: nobody counts them here.</summary>
    public Func<int>? InFlight { get; set; }

    internal Labels ClusterLabels { get; }

    internal Labels[] ByObjective { get; }

    internal Labels[] ByRole { get; }

    internal Labels[][] ByRoleAndWall { get; }

    internal Labels[] ByRoleAndState { get; }

    /// <summary>The wall that binds a role now, by the diagnosis of a recent window.</summary>
    public void SetBindingWall(InstanceRole role, Wall wall) => _wallByRole[(int)role] = wall;

    /// <summary>How many instances of a role are in a state.</summary>
    public void SetInstances(InstanceRole role, InstanceLifeCycle state, int count) =>
        Volatile.Write(ref _instances[(int)role * 4 + (int)state], count);

    internal Wall? BindingWall(int role) => _wallByRole[role];

    internal int Instances(int roleAndState) => Volatile.Read(ref _instances[roleAndState]);

    internal double Objective(int objective) => (objective switch { 0 => Slo?.TtftNs, 1 => Slo?.TpotNs, _ => Slo?.E2eNs }) is { } ns ? Time.ToSeconds(ns) : double.NaN;
}
