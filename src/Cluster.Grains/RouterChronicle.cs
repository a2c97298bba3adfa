using System.Diagnostics;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Grains;

/// <summary>Tells of the router what others want to know: the journal its inputs, log, trace and metrics its decisions, the judge how good they were.</summary>
internal sealed class RouterChronicle(ClusterContext context, IGrainFactory grains, ClusterMetrics metrics)
{
    private readonly DecisionLog _log = new(capacity: 1000);
    private readonly ClusterSeries _series = metrics.ForCluster(context.Cluster.Name);
    private RegretJudge? _judge;

    /// <summary>At most so many decisions, newest first.</summary>
    public DecisionMessage[] Newest(int limit) => _log.Newest(limit);

    /// <summary>Writes an input down, where somebody wants it, and answers with its time.</summary>
    public long Note(JournalEntry entry)
    {
        context.Journal?.Record(entry);
        return entry.Ns;
    }

    public void Reported(InstanceReport report, long nowNs)
    {
        Note(new JournalEntry("report", nowNs) { Report = report });
        _series.Gauges.RouterViewAgeSeconds = Time.ToSeconds(Math.Max(0, nowNs - report.AtNs) + context.Cluster.Router.StalenessNs);
    }

    /// <param name="decision">Null when the request was turned away.</param>
    public void Decided(RequestMessage request, RoutingDecision? decision, Router router, long nowNs, Activity? span)
    {
        var (kind, word) = KindOf(decision, router);
        Note(new JournalEntry("route", nowNs)
        {
            Request = request,
            Prefill = decision is null ? null : router.Instances[decision.PrefillInstance].Name,
            Decode = decision is null ? null : router.Instances[decision.DecodeInstance].Name,
        });
        _log.Add(request.Id, nowNs, word, decision, request.InputTokens, router);
        RouterSpan.Describe(span, router, decision, word);
        var matched = decision is null ? 0 : decision.OverlapBlocks * router.Instances[decision.PrefillInstance].Kv.BlockSize;
        _series.Routed(router.Spec.Policy, kind, request.InputTokens, Math.Min(matched, request.InputTokens), decision?.RegretNs ?? Time.Unset);
        _judge ??= new RegretJudge(context, grains, metrics, _log);
        _judge.Consider(request, decision, router);
    }

    private static (RouterDecision Kind, string Word) KindOf(RoutingDecision? decision, Router router) => decision switch
    {
        null => (RouterDecision.Rejected, "rejected"),
        { IsLocal: false } => (RouterDecision.Disaggregated, "disaggregated"),
        _ when router.Instances[decision.PrefillInstance].Role == InstanceRole.Aggregated => (RouterDecision.Aggregated, "aggregated"),
        _ => (RouterDecision.LocalPrefill, "local_prefill"),
    };
}
