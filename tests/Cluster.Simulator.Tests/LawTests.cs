using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Tests;

/// <summary>What holds in every cluster under every load. A failure names its seed; the seed replays it.</summary>
public sealed class LawTests
{
    public static TheoryData<ulong> Seeds => LawSeeds.All;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_request_ends_exactly_once_and_every_block_comes_back(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        var watch = new BlockWatch();
        var run = ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests), watch);

        run.Requests.Select(r => r.Id).Order().ShouldBe(requests.Select(r => r.Id));
        watch.Steps.ShouldBeGreaterThan(0);
        foreach (var instance in watch.Instances.Values)
        {
            instance.State.Pool.Allocated.ShouldBe(0);
            instance.State.Pool.Referenced.ShouldBe(0);
            instance.State.PromisedBlocks.ShouldBe(0);
            instance.State.Decodes.ContextTokens.ShouldBe(0);
            instance.State.Decodes.BoundedContextTokens.ShouldBe(0);
            instance.State.Parked.ShouldBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Hops_add_up_and_stations_follow_each_other(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        foreach (var request in ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).Requests)
        {
            if (request.Outcome != RequestOutcome.Completed) continue;
            request.Hops.TotalNs.ShouldBe(request.TtftNs, $"request {request.Id}");
            for (var hop = 0; hop < TtftHops.Names.Count; hop++) request.Hops[hop].ShouldBeGreaterThanOrEqualTo(0, TtftHops.Names[hop]);
            request.E2eNs.ShouldBeGreaterThanOrEqualTo(request.TtftNs);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void As_many_gaps_are_recorded_as_tokens_follow_first_tokens_and_did_not_come_with_another(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        var run = ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests));
        run.Gaps.Count.ShouldBe(run.Requests.Sum(r => Math.Max(0, r.OutputTokens - 1L)) - run.Instances.Sum(i => i.AcceptedDraftTokens));
        if (run.Gaps.Count > 0) run.Gaps.QuantileNs(0).ShouldBeGreaterThan(1, "tokens of one step have no gap between them");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_same_seed_gives_the_same_log(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        var (again, sameRequests) = RandomScenarios.Of(seed);
        ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).LogHash
            .ShouldBe(ClusterSimulation.Run(again, new Workload.OpenLoop(sameRequests)).LogHash);
    }

    /// <summary>Counts every instance's blocks again at every step.</summary>
    private sealed class BlockWatch : ISimulationObserver
    {
        public Dictionary<int, Instance> Instances { get; } = [];

        public int Steps { get; private set; }

        public void StepBegan(int index, Instance instance, in Step step)
        {
            Instances[index] = instance;
            Steps++;
            instance.State.Pool.CheckIntegrity();
            step.Shape.TotalTokens.ShouldBeLessThanOrEqualTo(Math.Max(instance.Spec.Scheduler.MaxNumBatchedTokens, step.Shape.PrefillSequences == 1 ? long.MaxValue : 0));
            instance.State.Running.ShouldBeLessThanOrEqualTo(instance.Spec.Scheduler.MaxNumSeqs);
        }

        public void Ended(in RequestRecord record)
        {
        }
    }
}
