using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

/// <summary>SGLang where requests ignore their ends and nothing is cached: it knows when each will end.</summary>
public sealed class EndsForeseenTests
{
    [Fact]
    public void One_that_would_have_to_be_retracted_waits_until_it_would_not()
    {
        // 20 blocks of 16 tokens; the first fills 14 in the end, the second 12 at once: together they never fit.
        var instance = Make(blocks: 20);
        Enqueue(instance, 0, 16, 200);
        Enqueue(instance, 1, 185, 60);
        while (instance.State.Counters.Finished < 2)
        {
            instance.State.Running.ShouldBeLessThan(2);
            Step(instance);
        }

        instance.State.Counters.Preemptions.ShouldBe(0);
    }

    [Fact]
    public void One_that_ends_soon_leaves_its_room_to_what_others_will_need()
    {
        // Full lengths take 3 and 16 of 18 blocks; but the first has ended before the second is long.
        var instance = Make(blocks: 18);
        Enqueue(instance, 0, 16, 20);
        Step(instance);
        Enqueue(instance, 1, 100, 150);
        Step(instance);
        Step(instance);
        instance.State.Running.ShouldBe(2);
        while (instance.State.Counters.Finished < 2) Step(instance);
        instance.State.Counters.Preemptions.ShouldBe(0);
    }

    [Fact]
    public void Whatever_comes_nobody_is_ever_retracted_and_everybody_ends()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            var random = new RandomStream(seed, "ends-foreseen");
            var instance = Make(blocks: 30 + (long)(random.NextDouble() * 60));
            var coming = 0;
            for (var steps = 0; instance.State.Counters.Finished < 40; steps++)
            {
                steps.ShouldBeLessThan(50_000, $"seed {seed}");
                if (coming < 40 && random.NextDouble() < 0.2) Enqueue(instance, coming++, 1 + (int)(random.NextDouble() * 200), 1 + (int)(random.NextDouble() * 200));
                if (instance.State.Running + instance.State.WaitingCount > 0) Step(instance);
            }

            instance.State.Counters.Preemptions.ShouldBe(0, $"seed {seed}");
        }
    }

    private static Instance Make(long blocks)
    {
        var spec = Clusters.Instance(scheduler: "sglang", blocks: blocks, prefixCaching: false);
        return new Instance(spec with { Scheduler = spec.Scheduler with { Dials = new Dictionary<string, double> { ["ignore_eos"] = 1 } } });
    }

    private static void Enqueue(Instance instance, long id, int input, int output) =>
        instance.Enqueue(new Sequence(Clusters.Request(id, input, output), output), 0);

    private static void Step(Instance instance)
    {
        instance.TryBeginStep(0, out _).ShouldBeTrue();
        instance.EndStep(0);
    }
}
