using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Grains;

/// <summary>The router of one cluster: its decisions are the engine's, its view is what instances reported.</summary>
public sealed class RouterGrain(ClusterContext context, ClusterMetrics metrics) : Grain, IRouterGrain
{
    private readonly DecisionLog _log = new(capacity: 1000);
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private Router _router = null!;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Begin(await GrainFactory.GetGrain<ITopologyGrain>(context.Cluster.Name).GetPlanAsync());
        await base.OnActivateAsync(cancellationToken);
    }

    public async Task<RouteReply> RouteAsync(RequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var decision = _router.Route(request.ToSpec(), context.Clock.NowNs);
        var rejection = _router.Rejection;
        Record(request, decision);
        if (context.Cluster.Router.DecisionNs > 0) await context.Clock.WaitUntilAsync(context.Clock.NowNs + context.Cluster.Router.DecisionNs);
        var nowNs = context.Clock.NowNs;
        if (decision is null) return new RouteReply(false, "", "", nowNs, Reason(rejection));
        var instances = _router.Instances;
        return new RouteReply(true, instances[decision.PrefillInstance].Name, instances[decision.DecodeInstance].Name, nowNs, "")
        {
            Copy = decision.CopySource < 0 ? null : new PrefixCopy(
                instances[decision.CopySource].Name, decision.CopyTokens, decision.CopyTokens - decision.OverlapBlocks * instances[0].Kv.BlockSize),
        };
    }

    public Task ReportAsync(InstanceReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (!_places.TryGetValue(report.Instance, out var instance)) return Task.CompletedTask; // it left meanwhile
        // The index is kept whatever the policy, so that it is true when the policy changes.
        foreach (var key in report.StoredBlocks) _router.Stored(instance, key, report.AtNs);
        foreach (var key in report.RemovedBlocks) _router.Removed(instance, key, report.AtNs);
        foreach (var id in report.PrefillEnded) _router.PrefillEnded(id, report.AtNs);
        foreach (var id in report.Ended) _router.Ended(id, report.AtNs);
        _router.Report(instance, new InstanceLoad(report.Running, report.Waiting, report.KvUsage), report.AtNs);
        return Task.CompletedTask;
    }

    public Task EndedAsync(long requestId)
    {
        _router.Withdraw(requestId);
        return Task.CompletedTask;
    }

    public Task ApplyAsync(RouterPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _router.Use(plan.Policy.Policy, plan.Policy.ToDials());
        foreach (var member in plan.Members)
        {
            var place = PlaceOf(member.Name);
            if (member.State == "ready") _router.Open(place);
            else _router.Close(place, forget: member.State == "failed", context.Clock.NowNs);
        }

        foreach (var (name, place) in _places)
            if (!plan.Members.Any(m => m.Name == name)) _router.Close(place, forget: true, context.Clock.NowNs);
        return Task.CompletedTask;
    }

    public Task RestartAsync()
    {
        _router.Restart();
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string instance)
    {
        var place = PlaceOf(instance);
        var isOpen = _router.IsOpen(place);
        _router.Close(place, forget: true, context.Clock.NowNs);
        if (isOpen) _router.Open(place);
        return Task.CompletedTask;
    }

    public Task<int> CountActiveAsync(string instance) => Task.FromResult(_router.ActiveRequests(PlaceOf(instance), context.Clock.NowNs));

    public Task<DecisionMessage[]> GetDecisionsAsync(int limit) => Task.FromResult(_log.Newest(limit));

    private void Begin(RouterPlan plan)
    {
        _router = new Router(context.Cluster, logsDecisions: true);
        _places.Clear();
        for (var place = 0; place < _router.Instances.Length; place++) _places.Add(_router.Instances[place].Name, place);
        ApplyAsync(plan);
    }

    private int PlaceOf(string instance)
    {
        if (!_places.TryGetValue(instance, out var place)) _places[instance] = place = _router.Add(context.Find(instance));
        return place;
    }

    private void Record(RequestMessage request, RoutingDecision? decision)
    {
        var (kind, word) = decision switch
        {
            null => (RouterDecision.Rejected, "rejected"),
            { IsLocal: false } => (RouterDecision.Disaggregated, "disaggregated"),
            _ when _router.Instances[decision.PrefillInstance].Role == InstanceRole.Aggregated => (RouterDecision.Aggregated, "aggregated"),
            _ => (RouterDecision.LocalPrefill, "local_prefill"),
        };
        _log.Add(request.Id, context.Clock.NowNs, word, decision, request.InputTokens, _router);
        var matched = decision is null ? 0 : decision.OverlapBlocks * _router.Instances[decision.PrefillInstance].Kv.BlockSize;
        metrics.ForCluster(context.Cluster.Name).Routed(_router.Spec.Policy, kind, request.InputTokens, Math.Min(matched, request.InputTokens), regretNs: -1);
    }

    private static string Reason(RejectionReason rejection) => rejection switch
    {
        RejectionReason.PredictedTtft => "The predicted time to the first token is beyond the objective: come back later.",
        RejectionReason.PredictedTpot => "The predicted time per token is beyond the objective: come back later.",
        _ => "No open instance serves this model.",
    };
}
