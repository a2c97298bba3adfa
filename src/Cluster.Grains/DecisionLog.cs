using System.Collections.Immutable;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>The newest routing decisions; translated only when somebody asks.</summary>
internal sealed class DecisionLog(int capacity)
{
    private readonly Queue<Entry> _entries = new(capacity);

    private readonly record struct Entry(
        long RequestId, long AtNs, string Policy, string Kind, RoutingDecision? Decision, int PromptTokens, ImmutableArray<InstanceSpec> Instances);

    public void Add(long requestId, long nowNs, string kind, RoutingDecision? decision, int promptTokens, Router router)
    {
        if (_entries.Count == capacity) _entries.Dequeue();
        _entries.Enqueue(new Entry(requestId, nowNs, router.Spec.Policy, kind, decision, promptTokens, router.Instances));
    }

    /// <summary>At most so many, newest first.</summary>
    public DecisionMessage[] Newest(int limit) => [.. _entries.Reverse().Take(limit).Select(Translate)];

    private static DecisionMessage Translate(Entry entry)
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
            entry.PromptTokens, candidates);

        CandidateMessage Of(CandidateCost cost, string role, int chosen) => new(
            instances[cost.Instance].Name, role, cost.Cost, cost.OverlapBlocks * instances[cost.Instance].Kv.BlockSize, cost.Instance == chosen);
    }
}
