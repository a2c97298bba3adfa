namespace Cluster.Engine.Diagnosis;

/// <summary>What bound one role over a run or a window, with the figures that say so. Shares are of the role's busy time.</summary>
/// <param name="Role">prefill, decode or aggregated.</param>
/// <param name="Wall">What binds.</param>
/// <param name="BusyShare">Busy instance time ÷ all instance time.</param>
/// <param name="Compute">Share of busy time that arithmetic took.</param>
/// <param name="Bandwidth">Share that HBM took.</param>
/// <param name="Network">Share that collectives took.</param>
/// <param name="Host">Share that the host and kernel floors took.</param>
/// <param name="WaitingForBlocks">Share with a request at the head of the queue that lacked KV blocks.</param>
/// <param name="WaitingForSlots">Share with one that lacked a batch slot.</param>
/// <param name="WaitingForBudget">Share with one that lacked token budget.</param>
/// <param name="Imbalance">Share with a queue here while another instance of the pool stood idle.</param>
/// <param name="Mfu">FLOP/s while busy ÷ the peak of the format that computes.</param>
/// <param name="Mbu">HBM bytes per second while busy ÷ nominal bandwidth.</param>
/// <param name="Preemptions">Sequences that lost their blocks.</param>
public sealed record RoleDiagnosis(
    string Role, Wall Wall, double BusyShare,
    double Compute, double Bandwidth, double Network, double Host,
    double WaitingForBlocks, double WaitingForSlots, double WaitingForBudget, double Imbalance,
    double Mfu, double Mbu, long Preemptions)
{
    /// <summary>Queues beside idle instances for more than this share of the busy time are a wall of their own.</summary>
    private const double ImbalanceLimit = 0.2;

    /// <param name="instanceSeconds">Length of the window times the instances of the role.</param>
    /// <param name="imbalanceSeconds">Busy seconds with a queue while a sibling stood idle.</param>
    /// <param name="peakFlops">FLOP/s of one rank in the format that computes.</param>
    /// <param name="hbmBytesPerSecond">Nominal bandwidth of one rank.</param>
    public static RoleDiagnosis Of(
        string role, WallTally tally, double instanceSeconds, double imbalanceSeconds, double peakFlops, double hbmBytesPerSecond, long preemptions)
    {
        ArgumentNullException.ThrowIfNull(tally);
        var busy = Math.Max(tally.BusySeconds, double.Epsilon);
        var imbalance = Share(imbalanceSeconds);
        var wall = tally.Binding;
        if (imbalance > ImbalanceLimit && wall is not Wall.Capacity) wall = Wall.Imbalance;
        return new RoleDiagnosis(
            role, wall, instanceSeconds <= 0 ? 0 : Math.Min(1, tally.BusySeconds / instanceSeconds),
            Share(tally.ComputeSeconds), Share(tally.BandwidthSeconds), Share(tally.NetworkSeconds), Share(tally.HostSeconds),
            Share(tally.BlockedOnBlocksSeconds), Share(tally.BlockedOnSlotsSeconds), Share(tally.BlockedOnBudgetSeconds), imbalance,
            tally.Flops / busy / peakFlops, tally.HbmBytes / busy / hbmBytesPerSecond, preemptions);

        double Share(double seconds) => tally.BusySeconds <= 0 ? 0 : seconds / busy;
    }

    /// <summary>The share that made <see cref="Wall"/> bind.</summary>
    public double Weight => Wall switch
    {
        Wall.Compute => Compute,
        Wall.Bandwidth => Bandwidth,
        Wall.Network => Network,
        Wall.Host => Host,
        Wall.Capacity => WaitingForBlocks,
        Wall.Contention => WaitingForSlots,
        Wall.Imbalance => Imbalance,
        _ => 0,
    };
}
