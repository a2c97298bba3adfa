using Cluster.Engine.Autoscaling.Prediction;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Autoscaling;

/// <summary>
/// The planner as a state machine: a driver tells it of arrivals, first tokens and ends, ticks it every
/// <see cref="AutoscaleSpec.LoadIntervalNs"/>, and carries out what it decides. Floors follow predicted load; above them,
/// pools step by one on objectives missed (up) or easily met (down), never before the last step has taken effect.
/// </summary>
public sealed class Planner
{
    private readonly ClusterSpec _cluster;
    private readonly AutoscaleSpec _spec;
    private readonly ILoadPredictor _predictor;
    private readonly LoadWindow _short = new();
    private readonly LoadWindow _long = new();
    private readonly Dictionary<string, int> _floors = [];
    private readonly List<ScaleAction> _actions = [];
    private long _floorsDueNs;

    public Planner(ClusterSpec cluster, AutoscaleSpec spec)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(spec);
        (_cluster, _spec) = (cluster, spec);
        Fleet = new Fleet(cluster, spec);
        _predictor = Predictors.Registry.Create(spec.Predictor, spec.Dials);
        foreach (var pool in spec.Pools) _floors[pool.Pool] = pool.Min;
        _floorsDueNs = spec.ThroughputIntervalNs;
    }

    public Fleet Fleet { get; }

    /// <summary>Instances below which a pool does not shrink, as last set.</summary>
    public int Floor(string pool) => _floors[pool];

    public void Arrived()
    {
        _short.Arrive();
        _long.Arrive();
    }

    public void FirstToken(long ttftNs) => _short.Ttft.Add(ttftNs, _cluster.Slo.TtftNs);

    /// <summary>A request has all its tokens.</summary>
    /// <param name="cachedTokens">Prompt tokens that were not computed.</param>
    public void Completed(RequestSpec request, int cachedTokens, double tpotNs)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.OutputTokens > 1) _short.Tpot.Add(tpotNs, _cluster.Slo.TpotNs);
        _long.End(request.InputTokens, cachedTokens, request.OutputTokens);
    }

    /// <summary>Looks at the last interval and decides.</summary>
    /// <param name="requestsOf">Requests that an instance has: the idlest is drained first.</param>
    /// <returns>What to do; the list is used again by the next tick.</returns>
    public IReadOnlyList<ScaleAction> Tick(long nowNs, Func<int, int> requestsOf)
    {
        _actions.Clear();
        if (nowNs >= _floorsDueNs) SetFloors();
        foreach (var pool in _spec.Pools) Step(pool, nowNs, requestsOf);
        _short.Clear();
        return _actions;
    }

    private void SetFloors()
    {
        _floorsDueNs += _spec.ThroughputIntervalNs;
        _predictor.Observe(_long.Arrived / Time.ToSeconds(_spec.ThroughputIntervalNs));
        if (_long.Ended > 0)
        {
            var perSecond = _predictor.Predict();
            foreach (var pool in _spec.Pools) _floors[pool.Pool] = Math.Clamp((int)Math.Ceiling(Needed(pool.Pool, perSecond)), pool.Min, pool.Max);
        }

        _long.Clear();
    }

    /// <summary>Instances that this load keeps busy.</summary>
    private double Needed(string pool, double requestsPerSecond)
    {
        var instance = _cluster.Instances[Fleet.Of(pool).First()];
        var context = _long.MeanInput + (_long.MeanOutput / 2);
        var prefill = requestsPerSecond * _long.MeanUncachedInput / InstanceCapacity.PrefillTokensPerSecond(instance, _long.MeanUncachedInput);
        var decode = requestsPerSecond * _long.MeanOutput / InstanceCapacity.DecodeTokensPerSecond(instance, context, _cluster.Slo.TpotNs);
        return instance.Role switch
        {
            InstanceRole.Prefill => prefill,
            InstanceRole.Decode => decode,
            _ => prefill + decode,
        };
    }

    private void Step(PoolScale pool, long nowNs, Func<int, int> requestsOf)
    {
        var wanted = Fleet.Wanted(pool.Pool);
        for (; wanted < _floors[pool.Pool]; wanted++)
            if (!Act(pool, Fleet.Grow(pool.Pool, _spec.GpuBudget), nowNs)) break;
        // A step that has not taken effect says nothing about whether another is needed.
        if (Fleet.IsStarting(pool.Pool)) return;
        var role = _cluster.Instances[Fleet.Of(pool.Pool).First()].Role;
        var misses = (role != InstanceRole.Decode && _short.Ttft.MissShare > _spec.MissTolerance)
            || (role != InstanceRole.Prefill && _short.Tpot.MissShare > _spec.MissTolerance);
        if (misses && wanted < pool.Max) Act(pool, Fleet.Grow(pool.Pool, _spec.GpuBudget), nowNs);
        else if (!misses && wanted > _floors[pool.Pool] && IsRelaxed(role)) Act(pool, Fleet.Shrink(pool.Pool, requestsOf), nowNs);
    }

    private bool IsRelaxed(InstanceRole role) =>
        (role == InstanceRole.Decode || _short.Ttft.Worst <= _spec.Relaxed * (_cluster.Slo.TtftNs ?? double.MaxValue))
        && (role == InstanceRole.Prefill || _short.Tpot.Worst <= _spec.Relaxed * (_cluster.Slo.TpotNs ?? double.MaxValue));

    private bool Act(PoolScale pool, (int Instance, ScaleStep Step)? step, long nowNs)
    {
        if (step is not { } taken) return false;
        _actions.Add(new ScaleAction(nowNs, pool.Pool, taken.Instance, taken.Step));
        return true;
    }
}
