using Cluster.Engine.KvCache;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator;

/// <summary>What a run tells the router as it goes, and leaves behind at its end.</summary>
public sealed partial class ClusterSimulation
{
    /// <summary>Carries block events of one instance to the router.</summary>
    private sealed class IndexFeed(ClusterSimulation simulation, int instance) : IKvEventSink
    {
        public void Stored(ulong key) => simulation._router.Stored(instance, key, simulation._nowNs);

        public void Removed(ulong key) => simulation._router.Removed(instance, key, simulation._nowNs);

        public void Stored(BlockChain chain, int start, int count) => simulation._router.Stored(instance, chain, start, count, simulation._nowNs);

        public void Offloaded(BlockChain chain, int start, int count, KvTierKind to) => simulation._router.Offloaded(instance, chain, start, count, to, simulation._nowNs);

        public void Removed(BlockChain chain, int start, int count) => simulation._router.Removed(instance, chain, start, count, simulation._nowNs);
    }

    private void PrefillEnded(Flight flight)
    {
        _router.PrefillEnded(flight.Request.Id, _nowNs);
        _oracle?.PrefillEnded(flight.Request.Id);
    }

    /// <summary>The decision at hand against what was true at its moment.</summary>
    private void Judge(Flight flight)
    {
        var verdict = _oracle!.Judge(flight.Leg, flight.Decision!, _instances.Peek, _router.IsOpen, _nowNs);
        flight.Decision = flight.Decision! with { Oracle = verdict };
        _regrets!.Record(verdict.RegretNs);
    }

    private RunRecord Record() => new(
        _cluster, _records, _gaps,
        [.. _instances.All.Select((i, index) => new InstanceRecord(
            i.Spec.Name, i.Spec.Role, i.Walls, i.State.Counters.Preemptions, i.State.Counters.PrefixCacheQueries,
            i.State.Counters.PrefixCacheHits, i.State.Counters.GenerationTokens, i.State.Counters.PromptTokens)
        {
            OnShare = OnShare(index),
            Drafts = i.State.Counters.Drafts,
            DraftTokens = i.State.Counters.DraftTokens,
            AcceptedDraftTokens = i.State.Counters.AcceptedDraftTokens,
            OnboardedTokens = i.State.Counters.OnboardedTokens,
            KvHeldTokenSteps = i.State.Counters.KvHeldTokenSteps,
            KvUsedTokenSteps = i.State.Counters.KvUsedTokenSteps,
            FellBack = i.State.Counters.FellBack,
            KvExpired = i.State.Counters.KvExpired,
        })])
    {
        KvBytesMoved = _links?.BytesMoved ?? 0,
        LogHash = _log,
        Effort = new SimulationEffort(_handled, _router.CandidatesLookedAt),
        Regrets = _regrets,
        ScaleActions = _scaleActions,
    };
}
