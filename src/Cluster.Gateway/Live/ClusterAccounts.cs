using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;
using Cluster.Grains;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Gateway.Live;

/// <summary>The metrics that are of the cluster as a whole: walls, life cycles, pace, and what its GPUs cost. Kept from one picture to the next.</summary>
internal sealed class ClusterAccounts(ClusterSeries series, ClusterContext context)
{
    public void Update(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        var (now, before, _, seconds) = picture;
        var gauges = series.Gauges;
        gauges.TimeScale = context.Clock.Scale;
        CountMembers(gauges, now.Members);
        var changes = now.Instances
            .Select(i => (Now: i, Before: before.Instances.FirstOrDefault(b => b.Name == i.Name)))
            .Where(c => c.Before is not null && c.Now.Incarnation == c.Before.Incarnation)
            .Select(c => (c.Now, Before: c.Before!)).ToList();
        foreach (var role in now.Instances.GroupBy(i => i.Role))
            gauges.SetBindingWall(Enum.Parse<InstanceRole>(role.Key, ignoreCase: true), Enum.Parse<Wall>(picture.WallOf(role), ignoreCase: true));
        Spend(changes.Where(c => now.Members.Any(m => m.Name == c.Now.Name && IsPaidFor(m))), seconds);
        var busy = changes.Sum(c => c.Now.BusySeconds - c.Before.BusySeconds);
        var late = changes.Sum(c => c.Now.LateSeconds - c.Before.LateSeconds);
        if (busy > 0) gauges.AchievedTimeScale = busy / (busy / context.Clock.Scale + late);
    }

    /// <summary>What has failed or was scaled away costs nothing; what an operator drained still stands there.</summary>
    private bool IsPaidFor(MemberMessage member) => member.State != "failed" && (member.State != "drained" || context.Cluster.Autoscale is null);

    private static void CountMembers(ClusterGauges gauges, MemberMessage[] members)
    {
        foreach (var role in Enum.GetValues<InstanceRole>())
            foreach (var state in Enum.GetValues<InstanceLifeCycle>())
                gauges.SetInstances(role, state, members.Count(m => Is(m.Role, role) && (Is(m.State, state) || (m.State == "drained" && state == InstanceLifeCycle.Draining))));

        static bool Is(string word, Enum value) => word.Equals(value.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Rent runs for every instance that is up; power is drawn while it steps.</summary>
    private void Spend(IEnumerable<(InstanceSnapshot Now, InstanceSnapshot Before)> changes, double seconds)
    {
        var (dollars, joules) = (0.0, 0.0);
        foreach (var (now, before) in changes)
        {
            var gpu = context.Cluster.Find(now.Name).Deployment.Gpu;
            dollars += gpu.DollarsPerHour * now.Gpus * seconds / 3600;
            joules += gpu.Watts * now.Gpus * Math.Max(0, now.BusySeconds - before.BusySeconds);
        }

        series.Spent(dollars, joules);
    }
}
