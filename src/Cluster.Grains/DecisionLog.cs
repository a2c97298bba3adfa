using System.Collections.Immutable;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>The newest routing decisions; translated only when somebody asks.</summary>
internal sealed class DecisionLog(int capacity)
{
    private readonly Queue<Entry> _entries = new(capacity);
    private readonly Dictionary<long, OracleVerdict> _verdicts = [];

    private readonly record struct Entry(
        long RequestId, long AtNs, string Policy, string Kind, RoutingDecision? Decision, int PromptTokens, ImmutableArray<InstanceSpec> Instances);

    public void Add(long requestId, long nowNs, string kind, RoutingDecision? decision, int promptTokens, Router router)
    {
        if (_entries.Count == capacity) _verdicts.Remove(_entries.Dequeue().RequestId);
        _entries.Enqueue(new Entry(requestId, nowNs, router.Spec.Policy, kind, decision, promptTokens, router.Instances));
    }

    /// <summary>What the instances said of a decision afterwards.</summary>
    public void Judge(long requestId, OracleVerdict verdict)
    {
        if (_entries.Any(e => e.RequestId == requestId)) _verdicts[requestId] = verdict;
    }

    /// <summary>At most so many, newest first.</summary>
    public DecisionMessage[] Newest(int limit) => [.. _entries.Reverse().Take(limit).Select(Translate)];

    private DecisionMessage Translate(Entry entry)
    {
        var (decision, instances) = (entry.Decision, entry.Instances);
        CandidateMessage[] candidates = decision is null ? [] :
        [
            .. decision.PrefillCosts.Select(c => Of(c, "prefill", decision.PrefillInstance)),
            .. decision.DecodeCosts.Where(_ => !decision.DecodeCosts.Equals(decision.PrefillCosts)).Select(c => Of(c, "decode", decision.DecodeInstance)),
        ];
        return new DecisionMessage(
            entry.RequestId, entry.AtNs, entry.Policy, entry.Kind,
            decision is null ? null : instances[decision.PrefillInstance].Name,
            decision is null ? null : instances[decision.DecodeInstance].Name,
            entry.PromptTokens, candidates)
        {
            BelievedRegretNs = decision?.RegretNs ?? -1,
            RegretNs = _verdicts.TryGetValue(entry.RequestId, out var verdict) ? verdict.RegretNs : -1,
            // Where prefill was right, decode was not: naming the chosen one as the better would help nobody.
            Better = verdict.RegretNs > 0 && decision is not null
                ? instances[verdict.PrefillInstance == decision.PrefillInstance ? verdict.DecodeInstance : verdict.PrefillInstance].Name
                : null,
        };

        CandidateMessage Of(CandidateCost cost, string role, int chosen) => new(
            instances[cost.Instance].Name, role, cost.Cost, cost.OverlapBlocks * instances[cost.Instance].Kv.BlockSize, cost.Instance == chosen);
    }
}
