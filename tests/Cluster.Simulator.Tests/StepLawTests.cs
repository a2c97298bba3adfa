using Cluster.Engine;
using Cluster.Engine.Faults;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Simulator.Recording;
using Cluster.Testing;

namespace Cluster.Simulator.Tests;

/// <summary>Laws of steps and of their blocks, over random scenarios; see <see cref="LawSeeds"/> for how to replay one.</summary>
public sealed class StepLawTests
{
    public static TheoryData<ulong> Seeds => LawSeeds.All;

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Free_used_and_cached_blocks_make_up_the_pool_at_every_step(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        var watch = new StepWatch((_, instance, _) =>
        {
            var pool = instance.State.Pool;
            (pool.Free + pool.Allocated + pool.Referenced + pool.Evictable).ShouldBe(pool.Total);
            new[] { pool.Free, pool.Allocated, pool.Referenced, pool.Evictable }.Min().ShouldBeGreaterThanOrEqualTo(0);
            pool.CheckIntegrity();
        });
        ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests), watch);
        watch.Steps.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_token_is_visible_before_its_step_ends(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        // A slow client's last token is read when it pleases.
        cluster = cluster with { Faults = [.. cluster.Faults.Where(f => f is not SlowClients)] };
        var (begins, ends) = (new HashSet<(int, long)>(), new HashSet<(int, long)>());
        var watch = new StepWatch((index, _, step) =>
        {
            begins.Add((index, step.StartNs));
            ends.Add((index, step.DueNs));
        });
        foreach (var request in ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests), watch).Requests)
        {
            if (request.Outcome != RequestOutcome.Completed || request.Reroutes > 0) continue;
            var (first, last) = (request.ArrivedNs + request.TtftNs, request.FinishedNs);
            // An answer of one token ends where its prompt was computed.
            EndsAt(last).ShouldBeTrue($"the last token of request {request.Id}");
            // The token of a prompt computed elsewhere was made there; it leaves when its sequence joins the batch here.
            var handedOver = request.PrefillInstance != request.DecodeInstance && begins.Contains((request.DecodeInstance, first));
            (handedOver || EndsAt(first)).ShouldBeTrue($"the first token of request {request.Id}");

            bool EndsAt(long ns) => ends.Contains((request.DecodeInstance, ns)) || ends.Contains((request.PrefillInstance, ns));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void An_instance_with_work_that_can_run_is_never_idle(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        var made = cluster.Instances[0];
        var instance = new Instance(made with { Role = InstanceRole.Aggregated, Kv = made.Kv with { Tiers = [] } });
        var left = new Queue<RequestSpec>(requests);
        for (var nowNs = 0L; left.Count > 0;)
        {
            nowNs = Math.Max(nowNs, left.Peek().ArrivalNs);
            Admit(nowNs);
            while (instance.TryBeginStep(nowNs, out var step))
            {
                Admit(nowNs = step.DueNs);
                instance.EndStep(nowNs);
                instance.ClearEffects();
            }

            // Nothing is parked on such an instance: what it has it could run.
            (instance.State.Running, instance.State.WaitingCount).ShouldBe((0, 0));
        }

        void Admit(long untilNs)
        {
            while (left.TryPeek(out var next) && next.ArrivalNs <= untilNs) instance.Enqueue(new Sequence(left.Dequeue(), next.OutputTokens), Math.Max(next.ArrivalNs, 0));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Running_sequences_never_sit_out_a_gap_between_steps(ulong seed)
    {
        var (cluster, requests) = RandomScenarios.Of(seed);
        // A crash leaves a step without its end.
        cluster = cluster with { Faults = [], Autoscale = null };
        var due = new Dictionary<int, long>();
        ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests), new StepWatch((index, instance, step) =>
        {
            if (due.TryGetValue(index, out var last) && step.StartNs > last)
            {
                instance.State.Decodes.Count.ShouldBe(0, "it decoded before the gap");
                instance.State.Prefilling.Count.ShouldBe(instance.Chunks.Count, "it computed a prompt before the gap");
            }

            due[index] = step.DueNs;
        }));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void More_link_bandwidth_never_slows_a_fixed_batch(ulong seed)
    {
        var random = new RandomStream(seed, "bandwidth");
        var requests = Batch(random, 30, 600, 5).ToList();
        var (prefill, decode) = (random.NextInt(1, 3), random.NextInt(1, 3));
        var previous = double.MaxValue;
        foreach (var gigabytes in new[] { 0.5, 1, 4, 16, 64 })
        {
            // Placed in turn, so that placement is fixed as well; each has its answer's room.
            var cluster = Clusters.Disaggregated(prefill, decode, (name, role) => Clusters.Instance(name, role, blocks: 10_000), new RouterSpec("round-robin")) with
            {
                Link = Clusters.Link with { BytesPerSecond = gigabytes * 1e9 },
            };
            var mean = ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).Requests.Average(r => (double)r.TtftNs);
            mean.ShouldBeLessThanOrEqualTo(previous, $"seed {seed}, {gigabytes} GB/s");
            previous = mean;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void More_KV_never_preempts_more_on_a_fixed_order(ulong seed)
    {
        var random = new RandomStream(seed, "preemption");
        // All come at once, alike in length, and every prompt fits: which run, and in which order, does not depend on the pool.
        var (count, input, output) = (random.NextInt(5, 20), random.NextInt(10, 100), random.NextInt(50, 300));
        var requests = Enumerable.Range(0, count).Select(i => Clusters.Request(i, input, output)).ToList();
        var (prompts, whole) = (count * ((input / 16) + 2), count * (((input + output) / 16) + 1));
        var preemptions = Enumerable.Range(0, 6).Select(step =>
        {
            var blocks = Math.Max(prompts, (whole / count) + 1) + ((whole - prompts) * step / 5);
            var cluster = Clusters.Aggregated(1, i => Clusters.Instance(blocks: blocks, prefixCaching: false));
            return ClusterSimulation.Run(cluster, new Workload.OpenLoop(requests)).Instances.Sum(i => i.Preemptions);
        }).ToList();
        preemptions[0].ShouldBeGreaterThan(0);
        preemptions[^1].ShouldBe(0);
        preemptions.SequenceEqual(preemptions.OrderDescending()).ShouldBeTrue($"seed {seed}: {string.Join(", ", preemptions)}");
    }

    private static IEnumerable<RequestSpec> Batch(RandomStream random, int requests, int mostInput, int mostOutput)
    {
        for (var i = 0; i < requests; i++) yield return Clusters.Request(i, random.NextInt(1, mostInput), random.NextInt(2, mostOutput));
    }

    private sealed class StepWatch(Action<int, Instance, Step> look) : ISimulationObserver
    {
        public int Steps { get; private set; }

        public void StepBegan(int index, Instance instance, in Step step)
        {
            Steps++;
            look(index, instance, step);
        }

        public void Ended(in RequestRecord record)
        {
        }
    }
}
