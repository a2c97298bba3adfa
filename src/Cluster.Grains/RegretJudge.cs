using Cluster.Engine.Routing;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Grains;

/// <summary>
/// Holds routing decisions of a live cluster against what its instances really are: asks each of them, beside the request's own way,
/// what it would have waited for there. A sample, because every candidate is asked.
/// </summary>
internal sealed class RegretJudge(ClusterContext context, IGrainFactory grains, ClusterMetrics metrics, DecisionLog log)
{
    /// <summary>Instances asked per wall second at most: a question takes microseconds, and so it stays at about a hundredth of a core.</summary>
    private const int QuestionsPerSecond = 1_000;

    private long _nextAtMs = Environment.TickCount64;

    /// <summary>Judges a decision in the background, if it is time for one.</summary>
    public void Consider(RequestMessage request, RoutingDecision? decision, Router router)
    {
        var nowMs = Environment.TickCount64;
        if (decision is null || decision.CopySource >= 0 || nowMs < _nextAtMs) return;
        _nextAtMs = nowMs + router.Instances.Length * 1_000L / QuestionsPerSecond;
        _ = JudgeAsync(request, decision, router);
    }

    private async Task JudgeAsync(RequestMessage request, RoutingDecision decision, Router router)
    {
        var instances = router.Instances;
        var model = instances[decision.PrefillInstance].Deployment.Model.Name;
        try
        {
            // The questions leave before the router's answer, and so before the request reaches anybody.
            var answers = await Task.WhenAll(Enumerable.Range(0, instances.Length).Select(i =>
                router.IsOpen(i) && instances[i].Deployment.Model.Name == model ? AskAsync(instances[i].Name, request) : Task.FromResult<OracleEstimate?>(null)));
            if (OracleVerdict.Of(decision, instances, answers, context.Cluster.Transfer) is not { } verdict) return;
            log.Judge(request.Id, verdict);
            metrics.ForCluster(context.Cluster.Name).Judged(verdict.RegretNs);
        }
        catch (Exception lost) when (lost is not OutOfMemoryException)
        {
            // An instance that is lost at the moment cannot say what would have been: this decision is not judged.
        }
    }

    private async Task<OracleEstimate?> AskAsync(string instance, RequestMessage request)
    {
        var answer = await grains.GetInstance(context.Cluster, instance).EstimateAsync(request);
        return new OracleEstimate(answer.PrefillNs, answer.DecodeNs);
    }
}
