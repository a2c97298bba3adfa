using System.Collections.Immutable;
using Cluster.Engine.Autoscaling;
using Cluster.Engine.Autoscaling.Prediction;
using Cluster.Engine.Cost;
using Cluster.Engine.Faults;
using Cluster.Engine.KvCache.Eviction;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Scheduling;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

/// <summary>Random clusters for laws: everything that can differ differs, small enough to run hundreds of.</summary>
internal static class RandomScenarios
{
    /// <summary>A small cluster and its load. Every third seed brings faults.</summary>
    public static (ClusterSpec Cluster, List<RequestSpec> Requests) Of(ulong seed)
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
        // As scenarios allow it.
        var overlap = scheduler != "static" && new RandomStream(seed, "overlap").NextInt(2) == 0;
        var impatient = random.NextInt(2) == 0;
        var cluster = random.NextInt(2) == 0
            ? Clusters.Aggregated(random.NextInt(1, 3), i => Make($"aggregated-{i}", InstanceRole.Aggregated), router)
            : Clusters.Disaggregated(random.NextInt(1, 3), random.NextInt(1, 3), Make, router, transfer);
        cluster = cluster with
        {
            FrontEnd = new FrontEnd(random.NextInt(2) * 10, 0),
            Link = random.NextInt(2) == 0 ? Clusters.Link with { BytesPerSecond = 1e9 } : cluster.Link ?? Clusters.Link,
            Slo = random.NextInt(2) == 0 ? cluster.Slo : new SloSpec(),
        };
        if (seed % 3 == 0) cluster = cluster with { Faults = [.. Faults(cluster.Instances.Length, new RandomStream(seed, "faults"))] };
        if (seed % 5 == 3) cluster = cluster with { Autoscale = Autoscale(cluster, new RandomStream(seed, "autoscale")) };
        return (cluster, [.. Requests()]);

        InstanceSpec Make(string name, InstanceRole role)
        {
            var spec = Clusters.Instance(name, role, blocks * 16 / blockSize, blockSize, maxNumSeqs: 12, maxNumBatchedTokens: 64, scheduler, cost: cost, modelLoadNs: name.EndsWith('0') ? 700 * Time.Millisecond : 0);
            if (mixed && role == InstanceRole.Decode) spec = spec with { Kv = new KvCacheSpec(4, blocks * 4), Deployment = spec.Deployment with { Parallelism = new(2) } };
            var speculation = seed % 4 == 1 ? new SpeculativeDecoding(DraftMethod.Eagle, 1 + (int)(seed % 7), 0.7) : null;
            spec = spec with
            {
                Seed = seed,
                Deployment = spec.Deployment with { Speculation = speculation },
                Scheduler = spec.Scheduler with { EnableChunkedPrefill = chunked, LongPrefillTokenThreshold = chunked ? 40 : 0, PriorityOrder = seed % 5 == 0, OverlapScheduling = overlap },
                Kv = spec.Kv with
                {
                    ContiguousReservation = contiguous,
                    MaxModelLen = 400,
                    CopyOnPartialReuse = seed % 2 == 0,
                    ForgetsBeyondBound = seed % 7 < 2,
                    EnablePrefixCaching = seed % 3 != 0,
                    Groups = seed % 7 is 2 or 4 or 5 ? Groups(blocks * 16 / blockSize, new RandomStream(seed, "groups")) : [],
                    Eviction = Pick([.. Evictions.Registry.All.Select(p => p.Name)], new RandomStream(seed, "eviction")),
                    Tiers = seed % 2 == 0 ? [] : Tiers((int)(seed % 3), new RandomStream(seed, "tiers")),
                },
            };
            return spec with { Reshape = ranks => new Reshaped(spec with { Deployment = spec.Deployment with { Parallelism = ranks } }, []) };
        }

        IEnumerable<RequestSpec> Requests()
        {
            long now = 0;
            for (var id = 0; id < 120; id++)
            {
                now += Time.FromSeconds(random.NextExponential(0.02));
                var (input, output) = (random.NextInt(1, 300), random.NextInt(1, 60));
                // A shared system prompt for some, unique text for all.
                var shared = Math.Min(input, 45);
                ImmutableArray<ContentSegment> segments = random.NextInt(2) == 0
                    ? [new ContentSegment((ulong)id + 1000, input + output)]
                    : [new ContentSegment(7, shared), new ContentSegment((ulong)id + 1000, input + output - shared)];
                yield return new RequestSpec(id, now, input, output, new TokenContent(segments)) { Priority = random.NextInt(3), SessionId = (ulong)random.NextInt(4), PatienceNs = impatient && id % 3 == 0 ? random.NextInt(2000) * Time.Millisecond : null };
            }
        }
    }

    private static T Pick<T>(IReadOnlyList<T> choices, RandomStream random) => choices[random.NextInt(choices.Count)];

    private static ImmutableArray<KvTierSpec> Tiers(int deepest, RandomStream random) =>
        [.. Enumerable.Range(0, deepest + 1).Select(i => new KvTierSpec((KvTierKind)i, random.NextInt(1, 200), 1e6, Clusters.Link with { BytesPerSecond = 1e9 }))];

    /// <summary>Windows, states or both, small enough that a request fits.</summary>
    private static ImmutableArray<KvGroupSpec> Groups(int blocks, RandomStream random)
    {
        var window = new KvGroupSpec(KvGroupKind.Window, random.NextInt(1, 3), random.NextInt(1, 100));
        var state = new KvGroupSpec(KvGroupKind.State, random.NextInt(1, Math.Max(1, blocks / 16)), 0);
        return random.NextInt(3) switch { 0 => [window], 1 => [state], _ => [window, window with { Tokens = random.NextInt(1, 60) }, state] };
    }

    private static AutoscaleSpec Autoscale(ClusterSpec cluster, RandomStream random) => new()
    {
        Pools = [.. cluster.Instances.GroupBy(i => i.Pool).Select(p => new PoolScale(p.Key, 1, p.Count(), random.NextInt(1, p.Count())))],
        LoadIntervalNs = 50 * Time.Millisecond,
        ThroughputIntervalNs = 400 * Time.Millisecond,
        ProvisioningNs = random.NextInt(200) * Time.Millisecond,
        Predictor = Pick([.. Predictors.Registry.All.Select(p => p.Name)], random),
        Relaxed = 0.9,
    };

    private static IEnumerable<Fault> Faults(int instances, RandomStream random)
    {
        for (var i = random.NextInt(1, 8); i > 0; i--)
        {
            var (at, instance) = (random.NextInt(4000) * Time.Millisecond, random.NextInt(instances));
            Fault fault = random.NextInt(9) switch
            {
                0 or 1 => new InstanceCrash(at, instance),
                2 => new InstanceDrain(at, instance),
                8 => new InstanceResize(at, instance, new(random.NextInt(1, 3))) { AtOnce = random.NextInt(2) == 0 },
                3 => new StragglerRank(at, instance, random.NextInt(1, 5)),
                4 => new LinkDegradation(at, instance, random.NextInt(3) * 0.25),
                5 => random.NextInt(3) switch { 0 => new RouterRestart(at), 1 => new KvExpiry(at, instance), _ => new StoreDegradation(at, random.NextInt(3) * 0.25) },
                6 => new SlowClients(at, 0.3, random.NextInt(5, 100)),
                _ => new ClientDisconnect(at, 0.2),
            };
            yield return fault with { ForNs = random.NextInt(4) == 0 ? null : random.NextInt(1, 2000) * Time.Millisecond };
        }
    }
}
