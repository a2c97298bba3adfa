using Cluster.Engine;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.KvCache;
using Cluster.Engine.Routing;
using Cluster.Engine.Scheduling;
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
    private RoutingDecision Judge(Flight flight, RoutingDecision decision)
    {
        var verdict = _oracle!.Judge(flight.Leg, decision, _instances.Peek, _router.IsOpen, _nowNs);
        _regrets!.Record(verdict.RegretNs);
        return decision with { Oracle = verdict };
    }

    private RunRecord Record() => new(_begunAs, _records, _gaps, [.. _instances.All.Select((i, index) => Record(index, Lives(index, i)))])
    {
        KvBytesMoved = _desk?.Fabric.BytesMoved ?? 0,
        LogHash = _log,
        Effort = new SimulationEffort(_handled, _router.CandidatesLookedAt),
        Regrets = _regrets,
        ScaleActions = _scaleActions,
    };

    private InstanceRecord Record(int index, Instance[] lives)
    {
        var (spec, walls) = (lives[0].Spec, new WallTally());
        foreach (var life in lives) walls.Add(life.Walls);
        return new InstanceRecord(
            spec.Name, spec.Role, lives.Length == 1 ? lives[0].Walls : walls, Sum(c => c.Preemptions), Sum(c => c.PrefixCacheQueries),
            Sum(c => c.PrefixCacheHits), Sum(c => c.GenerationTokens), Sum(c => c.PromptTokens))
        {
            OnShare = OnShare(index) * GpuShare(index),
            Drafts = Sum(c => c.Drafts),
            DraftTokens = Sum(c => c.DraftTokens),
            AcceptedDraftTokens = Sum(c => c.AcceptedDraftTokens),
            OnboardedTokens = Sum(c => c.OnboardedTokens),
            KvHeldTokenSteps = lives.Sum(l => l.State.Counters.KvHeldTokenSteps),
            KvUsedTokenSteps = lives.Sum(l => l.State.Counters.KvUsedTokenSteps),
            FellBack = Sum(c => c.FellBack),
            KvExpired = Sum(c => c.KvExpired),
        };

        long Sum(Func<InstanceCounters, long> count) => lives.Sum(l => count(l.State.Counters));
    }
}
