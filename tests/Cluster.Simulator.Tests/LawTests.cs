using System.Collections.Immutable;
using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Scheduling;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

/// <summary>What holds in every cluster under every load. A failure names its seed; the seed replays it.</summary>
public sealed class LawTests
{
    /// <summary>40 scenarios; more by the environment variable <c>LAW_SEEDS</c>.</summary>
    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable("LAW_SEEDS"), out var seeds) ? seeds : 40).Select(i => (ulong)i)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_request_ends_exactly_once_and_every_block_comes_back(ulong seed)
    {
        var (cluster, requests) = RandomScenario(seed);
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
        var (cluster, requests) = RandomScenario(seed);
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
    public void As_many_gaps_are_recorded_as_tokens_follow_first_tokens(ulong seed)
    {
        var (cluster, requests) = RandomScenario(seed);
        var run = ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests));
        run.Gaps.Count.ShouldBe(run.Requests.Sum(r => Math.Max(0, r.OutputTokens - 1L)));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_same_seed_gives_the_same_log(ulong seed)
    {
        var (cluster, requests) = RandomScenario(seed);
        var (again, sameRequests) = RandomScenario(seed);
        ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).LogHash
            .ShouldBe(ClusterSimulation.Run(again, new Workload.OpenLoop(sameRequests)).LogHash);
    }

    [Fact]
    public void More_link_bandwidth_never_slows_a_fixed_batch()
    {
        var requests = Clusters.Poisson(200, 30, 400, 20).ToList();
        double previous = double.MaxValue;
        foreach (var gigabytes in new[] { 1, 4, 16, 64 })
        {
            var cluster = Clusters.Disaggregated(2, 2) with { Link = Clusters.Link with { BytesPerSecond = gigabytes * 1e9 } };
            var mean = ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).Requests.Average(r => (double)r.TtftNs);
            mean.ShouldBeLessThanOrEqualTo(previous);
            previous = mean;
        }
    }

    [Fact]
    public void More_KV_never_preempts_more()
    {
        var requests = Clusters.Poisson(150, 40, 200, 200).ToList();
        var preemptions = new[] { 80, 160, 320, 640, 5000 }.Select(blocks =>
        {
            var cluster = Clusters.Aggregated(1, i => Clusters.Instance(blocks: blocks));
            return ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).Instances.Sum(i => i.Preemptions);
        }).ToList();

        preemptions[0].ShouldBeGreaterThan(0);
        preemptions.ShouldBe(preemptions.OrderDescending());
        preemptions[^1].ShouldBe(0);
    }

    private static (ClusterSpec Cluster, List<RequestSpec> Requests) RandomScenario(ulong seed)
    {
        var random = new RandomStream(seed, "scenario");
        var scheduler = Pick([.. Schedulers.Registry.All.Select(p => p.Name)], random);
        var blocks = random.NextInt(40, 400);
        var blockSize = Pick([1, 8, 16], random);
        var chunked = random.NextInt(2) == 0;
        var contiguous = random.NextInt(4) == 0;
        var cost = new LinearCost(boundedContext: random.NextInt(2) == 0 ? int.MaxValue : 64);
        var router = new RouterSpec(Pick([.. Routers.Registry.All.Select(p => p.Name)], random))
        {
            StalenessNs = random.NextInt(2) * 50 * Time.Millisecond,
            Replicas = random.NextInt(1, 2),
            DecisionNs = random.NextInt(2) * 1000,
            Index = random.NextInt(3) == 0 ? PrefixIndexSource.History : PrefixIndexSource.Events,
            HistoryTtlNs = Time.Second,
        };
        var transfer = new TransferSpec
        {
            MissingOnly = random.NextInt(2) == 0,
            Conditional = random.NextInt(3) == 0 ? new ConditionalDisaggregation(100) : null,
            LayerwiseOverlap = random.NextInt(2) == 0,
            ExpiryNs = random.NextInt(2) == 0 ? 10 * Time.Millisecond : 480 * Time.Second,
        };
        var mixed = random.NextInt(3) == 0;
        var impatient = random.NextInt(2) == 0;
        var cluster = random.NextInt(2) == 0
            ? Clusters.Aggregated(random.NextInt(1, 3), i => Make($"aggregated-{i}", InstanceRole.Aggregated), router)
            : Clusters.Disaggregated(random.NextInt(1, 3), random.NextInt(1, 3), Make, router, transfer);
        cluster = cluster with
        {
            TokenizeNsPerToken = random.NextInt(2) * 10,
            Link = random.NextInt(2) == 0 ? Clusters.Link with { BytesPerSecond = 1e9 } : cluster.Link ?? Clusters.Link,
            Slo = random.NextInt(2) == 0 ? cluster.Slo : new SloSpec(),
        };
        return (cluster, [.. Requests()]);

        InstanceSpec Make(string name, InstanceRole role)
        {
            var spec = Clusters.Instance(name, role, blocks * 16 / blockSize, blockSize, maxNumSeqs: 12, maxNumBatchedTokens: 64, scheduler, cost: cost);
            if (mixed && role == InstanceRole.Decode) spec = spec with { Kv = new KvCacheSpec(4, blocks * 4), Deployment = spec.Deployment with { Parallelism = new(2) } };
            return spec with
            {
                Scheduler = spec.Scheduler with { EnableChunkedPrefill = chunked, LongPrefillTokenThreshold = chunked ? 40 : 0, PriorityOrder = seed % 5 == 0 },
                Kv = spec.Kv with { ContiguousReservation = contiguous, EnablePrefixCaching = seed % 3 != 0 },
            };
        }

        IEnumerable<RequestSpec> Requests()
        {
            long now = 0;
            for (var id = 0; id < 120; id++)
            {
                now += Time.FromSeconds(random.NextExponential(0.02));
                var (input, output) = (random.NextInt(1, 300), random.NextInt(1, 60));
                // A shared system prompt for some, unique text for all.
                var shared = Math.Min(input, 48);
                ImmutableArray<ContentSegment> segments = random.NextInt(2) == 0
                    ? [new ContentSegment((ulong)id + 1000, input + output)]
                    : [new ContentSegment(7, shared), new ContentSegment((ulong)id + 1000, input + output - shared)];
                yield return new RequestSpec(id, now, input, output, new TokenContent(segments)) { Priority = random.NextInt(3), SessionId = (ulong)random.NextInt(4), PatienceNs = impatient && id % 3 == 0 ? random.NextInt(2000) * Time.Millisecond : null };
            }
        }
    }

    private static T Pick<T>(IReadOnlyList<T> choices, RandomStream random) => choices[random.NextInt(choices.Count)];

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
