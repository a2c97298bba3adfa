using System.Diagnostics;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Grains.Journal;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Cluster.ServiceDefaults.Tracing;

namespace Cluster.Grains;

/// <summary>The router of one cluster: its decisions are the engine's, its view is what instances reported.</summary>
public sealed class RouterGrain(ClusterContext context, ClusterMetrics metrics) : Grain, IRouterGrain
{
    private readonly DecisionLog _log = new(capacity: 1000);
    private RouterSeat _seat = null!;
    private RegretJudge _judge = null!;

    private long NowNs => context.Clock.NowNs;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var plan = await GrainFactory.GetGrain<ITopologyGrain>(context.Cluster.Name).GetPlanAsync();
        var nowNs = Note(new JournalEntry("begin", NowNs) { Cluster = context.Cluster.Name, Plan = plan });
        _seat = new RouterSeat(context.Cluster, plan, nowNs);
        _judge = new RegretJudge(context, GrainFactory, metrics, _log);
        await base.OnActivateAsync(cancellationToken);
    }

    public async Task<RouteReply> RouteAsync(RequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var span = RequestTracing.BeginHop("route", request.Trace);
        var atNs = NowNs;
        var decision = _seat.Route(request, atNs);
        var rejection = _seat.Router.Rejection;
        Record(request, decision, atNs, span);
        _judge.Consider(request, decision, _seat.Router);
        if (context.Cluster.Router.DecisionNs > 0) await context.Clock.WaitUntilAsync(NowNs + context.Cluster.Router.DecisionNs);
        var nowNs = NowNs;
        if (decision is null) return new RouteReply(false, "", "", nowNs, Reason(rejection));
        return new RouteReply(true, _seat.NameOf(decision.PrefillInstance), _seat.NameOf(decision.DecodeInstance), nowNs, "")
        {
            Copy = decision.CopySource < 0 ? null : new PrefixCopy(
                _seat.NameOf(decision.CopySource), decision.CopyTokens, decision.CopyTokens - decision.OverlapBlocks * context.Cluster.Instances[0].Kv.BlockSize),
        };
    }

    public Task ReportAsync(InstanceReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Note(new JournalEntry("report", NowNs) { Report = report });
        _seat.Report(report);
        metrics.ForCluster(context.Cluster.Name).Gauges.RouterViewAgeSeconds = Time.ToSeconds(Math.Max(0, NowNs - report.AtNs) + context.Cluster.Router.StalenessNs);
        return Task.CompletedTask;
    }

    public Task EndedAsync(long requestId)
    {
        Note(new JournalEntry("withdraw", NowNs) { RequestId = requestId });
        _seat.Router.Withdraw(requestId);
        return Task.CompletedTask;
    }

    public Task ApplyAsync(RouterPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _seat.Apply(plan, Note(new JournalEntry("plan", NowNs) { Plan = plan }));
        return Task.CompletedTask;
    }

    public Task RestartAsync()
    {
        Note(new JournalEntry("restart", NowNs));
        _seat.Router.Restart();
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string instance)
    {
        _seat.Forget(instance, Note(new JournalEntry("forget", NowNs) { Instance = instance }));
        return Task.CompletedTask;
    }

    public Task<int> CountActiveAsync(string instance) => Task.FromResult(_seat.CountActive(instance, NowNs));

    public Task<DecisionMessage[]> GetDecisionsAsync(int limit) => Task.FromResult(_log.Newest(limit));

    /// <summary>Writes the input down, where somebody wants it, and answers with its time.</summary>
    private long Note(JournalEntry entry)
    {
        context.Journal?.Record(entry);
        return entry.Ns;
    }

    private void Record(RequestMessage request, RoutingDecision? decision, long atNs, Activity? span)
    {
        var router = _seat.Router;
        var (kind, word) = decision switch
        {
            null => (RouterDecision.Rejected, "rejected"),
            { IsLocal: false } => (RouterDecision.Disaggregated, "disaggregated"),
            _ when router.Instances[decision.PrefillInstance].Role == InstanceRole.Aggregated => (RouterDecision.Aggregated, "aggregated"),
            _ => (RouterDecision.LocalPrefill, "local_prefill"),
        };
        Note(new JournalEntry("route", atNs)
        {
            Request = request,
            Prefill = decision is null ? null : _seat.NameOf(decision.PrefillInstance),
            Decode = decision is null ? null : _seat.NameOf(decision.DecodeInstance),
        });
        _log.Add(request.Id, atNs, word, decision, request.InputTokens, router);
        RouterSpan.Describe(span, router, decision, word);
        var matched = decision is null ? 0 : decision.OverlapBlocks * router.Instances[decision.PrefillInstance].Kv.BlockSize;
        metrics.ForCluster(context.Cluster.Name).Routed(router.Spec.Policy, kind, request.InputTokens, Math.Min(matched, request.InputTokens), decision?.RegretNs ?? Time.Unset);
    }

    private static string Reason(RejectionReason rejection) => rejection switch
    {
        RejectionReason.PredictedTtft => "The predicted time to the first token is beyond the objective: come back later.",
        RejectionReason.PredictedTpot => "The predicted time per token is beyond the objective: come back later.",
        _ => "No open instance serves this model.",
    };
}
