using Cluster.Engine.Cost;
using Cluster.Engine.Scheduling;

namespace Cluster.Engine.Diagnosis;

/// <summary>
/// Where the time of an instance, a role or a window went: each step's duration by what bound it, and the time that
/// waiting sequences spent, by cause. Sums add, so tallies of instances add up to one of their role.
/// </summary>
public sealed class WallTally
{
    public double ComputeSeconds { get; private set; }
    public double BandwidthSeconds { get; private set; }
    public double NetworkSeconds { get; private set; }
    public double HostSeconds { get; private set; }
    public double BusySeconds { get; private set; }
    public long Steps { get; private set; }
    public double Flops { get; private set; }
    public double HbmBytes { get; private set; }

    /// <summary>Steps whose cost used a fitted curve outside its range.</summary>
    public long ExtrapolatedSteps { get; private set; }

    /// <summary>Step time with a sequence at the head of the queue that lacked KV blocks.</summary>
    public double BlockedOnBlocksSeconds { get; private set; }

    /// <summary>As above, lacking a batch slot.</summary>
    public double BlockedOnSlotsSeconds { get; private set; }

    /// <summary>As above, lacking token budget.</summary>
    public double BlockedOnBudgetSeconds { get; private set; }

    /// <summary>A tally as an instance elsewhere reported it.</summary>
    public static WallTally Restore(
        double busySeconds, long steps, double computeSeconds, double bandwidthSeconds, double networkSeconds, double hostSeconds,
        double blockedOnBlocksSeconds, double blockedOnSlotsSeconds, long extrapolatedSteps = 0) => new()
        {
            BusySeconds = busySeconds,
            Steps = steps,
            ComputeSeconds = computeSeconds,
            BandwidthSeconds = bandwidthSeconds,
            NetworkSeconds = networkSeconds,
            HostSeconds = hostSeconds,
            BlockedOnBlocksSeconds = blockedOnBlocksSeconds,
            BlockedOnSlotsSeconds = blockedOnSlotsSeconds,
            ExtrapolatedSteps = extrapolatedSteps,
        };

    public void Add(in StepCost cost, WaitCause blocked)
    {
        Steps++;
        BusySeconds += cost.DurationSeconds;
        ComputeSeconds += cost.ComputeSeconds;
        BandwidthSeconds += cost.BandwidthSeconds;
        NetworkSeconds += cost.NetworkSeconds;
        HostSeconds += cost.HostSeconds;
        Flops += cost.Flops;
        HbmBytes += cost.HbmBytes;
        if (cost.Extrapolated) ExtrapolatedSteps++;
        switch (blocked)
        {
            case WaitCause.Blocks: BlockedOnBlocksSeconds += cost.DurationSeconds; break;
            case WaitCause.Slots: BlockedOnSlotsSeconds += cost.DurationSeconds; break;
            case WaitCause.Budget: BlockedOnBudgetSeconds += cost.DurationSeconds; break;
            default: break;
        }
    }

    public void Add(WallTally other)
    {
        ArgumentNullException.ThrowIfNull(other);
        Steps += other.Steps;
        BusySeconds += other.BusySeconds;
        ComputeSeconds += other.ComputeSeconds;
        BandwidthSeconds += other.BandwidthSeconds;
        NetworkSeconds += other.NetworkSeconds;
        HostSeconds += other.HostSeconds;
        Flops += other.Flops;
        HbmBytes += other.HbmBytes;
        ExtrapolatedSteps += other.ExtrapolatedSteps;
        BlockedOnBlocksSeconds += other.BlockedOnBlocksSeconds;
        BlockedOnSlotsSeconds += other.BlockedOnSlotsSeconds;
        BlockedOnBudgetSeconds += other.BlockedOnBudgetSeconds;
    }

    /// <summary>
    /// The wall that binds: capacity when sequences lacked KV blocks for a fifth of the busy time, else the
    /// resource that took most of the steps.
    /// </summary>
    public Wall Binding
    {
        get
        {
            if (BusySeconds <= 0) return Wall.Idle;
            if (BlockedOnBlocksSeconds > 0.2 * BusySeconds) return Wall.Capacity;
            if (BlockedOnSlotsSeconds > 0.2 * BusySeconds) return Wall.Contention;
            return new StepCost(BusySeconds, ComputeSeconds, BandwidthSeconds, NetworkSeconds, HostSeconds, 0, 0, 0, false).Wall;
        }
    }
}
