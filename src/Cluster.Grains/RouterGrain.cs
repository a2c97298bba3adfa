using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Grains;

/// <summary>The router of one cluster: its decisions are the engine's, its view is what instances reported.</summary>
public sealed class RouterGrain(ClusterContext context, ClusterMetrics metrics) : Grain, IRouterGrain
{
    private readonly Router _router = new(context.Cluster, logsDecisions: true);

    public async Task<RouteReply> RouteAsync(RequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var decision = _router.Route(request.ToSpec(), context.Clock.NowNs);
        var rejection = _router.Rejection;
        if (context.Cluster.Router.DecisionNs > 0) await context.Clock.WaitUntilAsync(context.Clock.NowNs + context.Cluster.Router.DecisionNs);
        var nowNs = context.Clock.NowNs;
        Record(decision, request.InputTokens);
        if (decision is null) return new RouteReply(false, "", "", nowNs, Reason(rejection));
        var instances = context.Cluster.Instances;
        return new RouteReply(true, instances[decision.PrefillInstance].Name, instances[decision.DecodeInstance].Name, nowNs, "");
    }

    private static string Reason(RejectionReason rejection) => rejection switch
    {
        RejectionReason.PredictedTtft => "The predicted time to the first token is beyond the objective: come back later.",
        RejectionReason.PredictedTpot => "The predicted time per token is beyond the objective: come back later.",
        _ => "No open instance serves this model.",
    };

    private void Record(RoutingDecision? decision, int promptTokens)
    {
        var kind = decision switch
        {
            null => RouterDecision.Rejected,
            { IsLocal: false } => RouterDecision.Disaggregated,
            _ when context.Cluster.Instances[decision.PrefillInstance].Role == InstanceRole.Aggregated => RouterDecision.Aggregated,
            _ => RouterDecision.LocalPrefill,
        };
        var matched = decision is null ? 0 : decision.OverlapBlocks * context.Cluster.Instances[decision.PrefillInstance].Kv.BlockSize;
        metrics.ForCluster(context.Cluster.Name).Routed(context.Cluster.Router.Policy, kind, promptTokens, Math.Min(matched, promptTokens), regretNs: -1);
    }

    public Task ReportAsync(InstanceReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var instance = context.IndexOf(report.Instance);
        if (_router.UsesPrefixOverlap)
        {
            foreach (var key in report.StoredBlocks) _router.Stored(instance, key, report.AtNs);
            foreach (var key in report.RemovedBlocks) _router.Removed(instance, key, report.AtNs);
        }

        foreach (var id in report.PrefillEnded) _router.PrefillEnded(id, report.AtNs);
        foreach (var id in report.Ended) _router.Ended(id, report.AtNs);
        if (_router.UsesLoadReports) _router.Report(instance, new InstanceLoad(report.Running, report.Waiting, report.KvUsage), report.AtNs);
        return Task.CompletedTask;
    }

    public Task EndedAsync(long requestId)
    {
        _router.Ended(requestId, context.Clock.NowNs);
        return Task.CompletedTask;
    }
}
