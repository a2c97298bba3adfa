using Cluster.Engine.Policies;

namespace Cluster.Engine.Scheduling;

/// <summary>The schedulers there are.</summary>
public static class Schedulers
{
    public static PolicyRegistry<IScheduler> Registry { get; } =
        new(VllmScheduler.Policy, SglangScheduler.Policy, TrtllmScheduler.Policy, StaticScheduler.Policy);
}
