using Cluster.Engine;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Scheduling;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Diagnosing;

/// <summary>Tallies walls per role and window while a simulation runs, and queues that form beside idle instances.</summary>
/// <param name="windowNs">Length of a window of emulated time.</param>
public sealed class WallObserver(ClusterSpec cluster, long windowNs) : ISimulationObserver
{
    private readonly Instance?[] _instances = new Instance?[cluster.Instances.Length];
    private readonly (double Blocks, double Slots, double Budget)[] _blocked = new (double, double, double)[cluster.Instances.Length];
    private readonly Dictionary<(InstanceRole Role, long Window), WallTally> _windows = [];
    private readonly Dictionary<InstanceRole, double> _imbalance = [];
    private readonly long[] _lastDueNs = new long[cluster.Instances.Length];

    /// <summary>Busy seconds with a queue while another instance of the same pool stood idle.</summary>
    public double ImbalanceSeconds(InstanceRole role) => _imbalance.GetValueOrDefault(role);

    /// <summary>Binding wall by window of one role; windows without a step are left out.</summary>
    public IReadOnlyList<(double FromSeconds, Wall Wall)> Windows(InstanceRole role) =>
    [
        .. _windows.Where(w => w.Key.Role == role).OrderBy(w => w.Key.Window).Select(w => (w.Key.Window * windowNs / 1e9, w.Value.Binding)),
    ];

    public void StepBegan(int index, Instance instance, in Step step)
    {
        ArgumentNullException.ThrowIfNull(instance);
        _instances[index] = instance;
        _lastDueNs[index] = step.DueNs;
        var key = (instance.Spec.Role, step.StartNs / windowNs);
        if (!_windows.TryGetValue(key, out var tally)) _windows[key] = tally = new WallTally();
        tally.Add(step.Cost, CauseOf(index, instance.Walls));
        if (instance.State.WaitingCount > 0 && HasIdleSibling(index, step.StartNs))
            _imbalance[instance.Spec.Role] = _imbalance.GetValueOrDefault(instance.Spec.Role) + step.Cost.DurationSeconds;
    }

    public void Ended(in RequestRecord record)
    {
    }

    /// <summary>The instance's own tally has just grown by this step; where it grew is the cause.</summary>
    private WaitCause CauseOf(int index, WallTally walls)
    {
        var (before, now) = (_blocked[index], (walls.BlockedOnBlocksSeconds, walls.BlockedOnSlotsSeconds, walls.BlockedOnBudgetSeconds));
        _blocked[index] = now;
        return now.BlockedOnBlocksSeconds > before.Blocks ? WaitCause.Blocks
            : now.BlockedOnSlotsSeconds > before.Slots ? WaitCause.Slots
            : now.BlockedOnBudgetSeconds > before.Budget ? WaitCause.Budget
            : WaitCause.None;
    }

    private bool HasIdleSibling(int index, long nowNs)
    {
        var pool = cluster.Instances[index].Pool;
        for (var i = 0; i < _instances.Length; i++)
            if (i != index && cluster.Instances[i].Pool == pool && _lastDueNs[i] < nowNs && _instances[i]?.State.Running is null or 0) return true;
        return false;
    }
}
