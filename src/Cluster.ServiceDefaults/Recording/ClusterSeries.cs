using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>Where requests, routing and transfers of one cluster are reported. Thread-safe; recording allocates nothing.</summary>
public sealed class ClusterSeries
{
    private readonly ClusterInstruments _to;
    private readonly Labels _cluster;
    private readonly Labels[] _byHop;
    private readonly Labels[] _byOutcome;
    private readonly Labels[] _byObjective;
    private readonly Labels[] _byTokenKind;
    private readonly Labels[] _byFailure;
    private readonly Labels[][] _byRoleAndWall;
    private Labels[]? _byDecision;
    private string? _policy;

    internal ClusterSeries(string name, ClusterInstruments to)
    {
        _to = to;
        Name = name;
        _cluster = LabelSet.Of(MetricLabels.Cluster, name);
        _byHop = _cluster.ForEach(MetricLabels.Hop);
        _byOutcome = _cluster.ForEach(MetricLabels.Outcome);
        _byObjective = _cluster.ForEach(MetricLabels.Objective);
        _byTokenKind = _cluster.ForEach(MetricLabels.TokenKind);
        _byFailure = _cluster.ForEach(MetricLabels.FailureReason);
        _byRoleAndWall = [.. _cluster.ForEach(MetricLabels.Role).Select(role => role.ForEach(MetricLabels.Wall))];
        Gauges = new ClusterGauges(_cluster);
        BeginAtZero();
    }

    /// <summary>Name of the variant.</summary>
    public string Name { get; }

    /// <summary>Values of this moment: set them whenever they change.</summary>
    public ClusterGauges Gauges { get; }

    /// <summary>Records a request's terminal state, once per request, judged against the objectives in <paramref name="slo"/>.</summary>
    public void RequestFinished(in RequestObservation request, SloSpec slo)
    {
        ArgumentNullException.ThrowIfNull(slo);
        _to.Requests.Add(1, _byOutcome[(int)request.Outcome]);
        _to.Tokens.Add(request.PromptTokens, _byTokenKind[0]);
        _to.Tokens.Add(request.CachedTokens, _byTokenKind[1]);
        _to.Tokens.Add(request.OutputTokens, _byTokenKind[2]);
        if (request.TtftNs >= 0) RecordTtft(request);
        if (request.Outcome != RequestOutcome.Completed) return;
        if (!double.IsNaN(request.TpotNs)) _to.Tpot.Record(request.TpotNs / Time.Second, _cluster);
        _to.E2e.Record(Time.ToSeconds(request.E2eNs), _cluster);
        Judge(request, slo);
    }

    /// <summary>Records a routing decision.</summary>
    /// <param name="policy">Name of the policy; one per cluster at a time.</param>
    /// <param name="matchedTokens">Prompt tokens believed cached on the chosen instance.</param>
    /// <param name="regretNs">Estimated TTFT of the choice less that of the best candidate; −1 when not estimated.</param>
    public void Routed(string policy, RouterDecision decision, int promptTokens, int matchedTokens, long regretNs)
    {
        if (_policy != policy || _byDecision is null)
        {
            _byDecision = _cluster.With(MetricLabels.Policy, policy).ForEach(MetricLabels.Decision);
            _policy = policy;
        }

        _to.RouterDecisions.Add(1, _byDecision[(int)decision]);
        _to.RouterPromptTokens.Add(promptTokens, _cluster);
        _to.RouterMatchedTokens.Add(matchedTokens, _cluster);
        if (regretNs >= 0) _to.RouterRegret.Record(Time.ToSeconds(regretNs), _cluster);
    }

    /// <summary>Records what a routing decision lost against the best placement, by the true state of the instances.</summary>
    public void Judged(long regretNs) => _to.RouterTrueRegret.Record(Time.ToSeconds(regretNs), _cluster);

    /// <summary>Records how many prompt tokens turned out to be cached where the router sent the request.</summary>
    public void PrefixHit(int hitTokens) => _to.RouterHitTokens.Add(hitTokens, _cluster);

    /// <summary>Records a KV transfer that arrived.</summary>
    /// <param name="durationNs">Start → last byte, emulated.</param>
    /// <param name="exposedNs">The part of it that computing did not hide.</param>
    public void KvTransferred(long durationNs, long exposedNs)
    {
        _to.TransferTime.Record(Time.ToSeconds(durationNs), _cluster);
        _to.TransferExposed.Record(Time.ToSeconds(exposedNs), _cluster);
    }

    /// <summary>Counts a KV transfer that did not arrive.</summary>
    public void KvTransferFailed(TransferFailure reason) => _to.TransferFailures.Add(1, _byFailure[(int)reason]);

    /// <summary>Adds time that requests of a role waited for a resource.</summary>
    public void Waited(InstanceRole role, Wall wall, long durationNs) =>
        _to.WaitWall.Add(Time.ToSeconds(durationNs), _byRoleAndWall[(int)role][wall.Index()]);

    /// <summary>Adds what the emulated GPUs cost and drew since the last call.</summary>
    public void Spent(double dollars, double joules)
    {
        _to.Cost.Add(dollars, _cluster);
        _to.Energy.Add(joules, _cluster);
    }

    /// <summary>Counts a fault that was injected.</summary>
    public void FaultInjected(string kind) => _to.Faults.Add(1, _cluster.With(MetricLabels.FaultKind, kind));

    /// <summary>A total that is absent until it first grows would leave ratios and alerts without a value when all goes wrong.</summary>
    private void BeginAtZero()
    {
        foreach (var outcome in _byOutcome) _to.Requests.Add(0, outcome);
        foreach (var objective in _byObjective) _to.SloMisses.Add(0, objective);
        foreach (var kind in _byTokenKind) _to.Tokens.Add(0, kind);
        foreach (var failure in _byFailure) _to.TransferFailures.Add(0, failure);
        _to.Goodput.Add(0, _cluster);
    }

    private void RecordTtft(in RequestObservation request)
    {
        _to.Ttft.Record(Time.ToSeconds(request.TtftNs), _cluster);
        for (var hop = 0; hop < _byHop.Length; hop++)
        {
            if (request.Hops[hop] >= 0) _to.TtftHop.Record(Time.ToSeconds(request.Hops[hop]), _byHop[hop]);
        }
    }

    private void Judge(in RequestObservation request, SloSpec slo)
    {
        var tpotNs = double.IsNaN(request.TpotNs) ? 0 : request.TpotNs;
        if (slo.IsMetBy(request.TtftNs, tpotNs, request.E2eNs)) _to.Goodput.Add(1, _cluster);
        if (slo.TtftNs < request.TtftNs) _to.SloMisses.Add(1, _byObjective[0]);
        if (slo.TpotNs < tpotNs) _to.SloMisses.Add(1, _byObjective[1]);
        if (slo.E2eNs < request.E2eNs) _to.SloMisses.Add(1, _byObjective[2]);
    }
}
