using Cluster.Engine.Topology;

namespace Cluster.Engine.Autoscaling;

/// <summary>Where an instance stands between off and on.</summary>
public enum InstancePower
{
    Off,
    /// <summary>Paid for, not serving yet.</summary>
    Starting,
    Ready,
    /// <summary>Finishes what it has.</summary>
    Draining,
}

/// <summary>What a driver is to do with an instance.</summary>
public enum ScaleStep
{
    /// <summary>Start it; tell <see cref="Fleet.Started"/> once it serves.</summary>
    Provision,
    /// <summary>It was draining: send it requests again.</summary>
    Reopen,
    /// <summary>No new requests; tell <see cref="Fleet.Emptied"/> once it has none.</summary>
    Drain,
    /// <summary>It had not served yet: stop it.</summary>
    Cancel,
}

/// <summary>One decision of the planner.</summary>
public readonly record struct ScaleAction(long AtNs, string Pool, int Instance, ScaleStep Step);

/// <summary>The instances of the pools that scale: how many are on, and which goes on or off next.</summary>
public sealed class Fleet
{
    private readonly ClusterSpec _cluster;
    private readonly InstancePower[] _power;

    public Fleet(ClusterSpec cluster, AutoscaleSpec spec)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(spec);
        _cluster = cluster;
        _power = new InstancePower[cluster.Instances.Length];
        Array.Fill(_power, InstancePower.Ready);
        foreach (var pool in spec.Pools)
            foreach (var instance in Of(pool.Pool).Skip(pool.Initial)) _power[instance] = InstancePower.Off;
    }

    public InstancePower this[int instance] => _power[instance];

    /// <summary>GPUs that are paid for.</summary>
    public int Gpus => Enumerable.Range(0, _power.Length).Where(i => _power[i] != InstancePower.Off).Sum(GpusOf);

    /// <summary>Instances of a pool, whatever their state, in order.</summary>
    public IEnumerable<int> Of(string pool) => Enumerable.Range(0, _cluster.Instances.Length).Where(i => _cluster.Instances[i].Pool == pool);

    /// <summary>Instances that serve or will.</summary>
    public int Wanted(string pool) => Of(pool).Count(i => _power[i] is InstancePower.Ready or InstancePower.Starting);

    public bool IsStarting(string pool) => Of(pool).Any(i => _power[i] == InstancePower.Starting);

    public int GpusOf(int instance) => _cluster.Instances[instance].Deployment.Parallelism.Gpus;

    /// <summary>A new instance serves.</summary>
    /// <returns>False when it was given up meanwhile.</returns>
    public bool Started(int instance)
    {
        if (_power[instance] != InstancePower.Starting) return false;
        _power[instance] = InstancePower.Ready;
        return true;
    }

    /// <summary>A draining instance has nothing left.</summary>
    public void Emptied(int instance)
    {
        if (_power[instance] == InstancePower.Draining) _power[instance] = InstancePower.Off;
    }

    /// <summary>One more: a draining one, since it is warm; else one that is off, if the budget allows.</summary>
    internal (int Instance, ScaleStep Step)? Grow(string pool, int gpuBudget)
    {
        var draining = Of(pool).Where(i => _power[i] == InstancePower.Draining).DefaultIfEmpty(-1).First();
        if (draining >= 0)
        {
            _power[draining] = InstancePower.Ready;
            return (draining, ScaleStep.Reopen);
        }

        var off = Of(pool).Where(i => _power[i] == InstancePower.Off).DefaultIfEmpty(-1).First();
        if (off < 0 || Gpus + GpusOf(off) > gpuBudget) return null;
        _power[off] = InstancePower.Starting;
        return (off, ScaleStep.Provision);
    }

    /// <summary>One less: one that is not up yet; else the ready one with the least to do.</summary>
    internal (int Instance, ScaleStep Step)? Shrink(string pool, Func<int, int> requestsOf)
    {
        var starting = Of(pool).Where(i => _power[i] == InstancePower.Starting).DefaultIfEmpty(-1).Last();
        if (starting >= 0)
        {
            _power[starting] = InstancePower.Off;
            return (starting, ScaleStep.Cancel);
        }

        var idlest = Of(pool).Where(i => _power[i] == InstancePower.Ready).OrderBy(requestsOf).ThenByDescending(i => i).DefaultIfEmpty(-1).First();
        if (idlest < 0) return null;
        _power[idlest] = InstancePower.Draining;
        return (idlest, ScaleStep.Drain);
    }
}
