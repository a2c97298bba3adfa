using Cluster.Engine.Requests;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

public sealed class ProfileTests
{
    [Fact]
    public void SGLang_computes_prompts_before_it_decodes_and_never_in_one_step()
    {
        var instance = Make("sglang");
        Enqueue(instance, 0, 30, 10);
        Step(instance).Shape.PrefillTokens.ShouldBe(30);
        Enqueue(instance, 1, 40, 10);

        var step = Step(instance);
        (step.Shape.PrefillTokens, step.Shape.DecodeSequences).ShouldBe((40, 0));
        Step(instance).Shape.DecodeSequences.ShouldBe(2);
    }

    [Fact]
    public void SGLang_leaves_less_room_for_what_may_come_the_longer_it_decodes_and_more_again_after_a_retraction()
    {
        // 20 blocks: the first may come to hold 14, so that at first 0.7 of 12 or 13 are kept free for it. The second needs 12.
        var spec = Clusters.Instance(scheduler: "sglang", blocks: 20);
        var instance = new Instance(spec with { Scheduler = spec.Scheduler with { Dials = new Dictionary<string, double> { ["new_token_ratio_decay_steps"] = 40 } } });
        Enqueue(instance, 0, 16, 200);
        Enqueue(instance, 1, 185, 60);
        for (var i = 0; i < 5; i++) Step(instance);
        instance.State.Running.ShouldBe(1);
        for (var i = 0; i < 12; i++) Step(instance);
        instance.State.Running.ShouldBe(2);
        // That was too early: 14 and 16 blocks do not fit, and it is asked to wait longer the next time.
        while (instance.State.Counters.Finished < 2) Step(instance);
        instance.State.Counters.Preemptions.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void TensorRT_LLM_admits_only_what_can_run_to_its_end()
    {
        // 10 blocks: each request fills 6 at full length, so the second has to wait for the first.
        var instance = Make("trtllm", blocks: 10);
        Enqueue(instance, 0, 32, 60);
        Enqueue(instance, 1, 32, 60);
        Step(instance);
        instance.State.Running.ShouldBe(1);
        while (instance.State.Counters.Finished < 2) Step(instance);
        instance.State.Counters.Preemptions.ShouldBe(0);
    }

    [Fact]
    public void Static_batching_leaves_seats_empty_until_the_whole_batch_is_done()
    {
        var instance = Make("static", maxNumSeqs: 2);
        Enqueue(instance, 0, 8, 2);
        Enqueue(instance, 1, 8, 6);
        Enqueue(instance, 2, 8, 2);
        for (var i = 0; i < 5; i++)
        {
            Step(instance);
            instance.State.Waiting.Count.ShouldBe(1);
        }

        Step(instance);
        Step(instance);
        instance.State.Waiting.Count.ShouldBe(0);
    }

    private static Instance Make(string scheduler, long blocks = 1000, int maxNumSeqs = 256) =>
        new(Clusters.Instance(scheduler: scheduler, blocks: blocks, maxNumSeqs: maxNumSeqs));

    private static void Enqueue(Instance instance, long id, int input, int output) =>
        instance.Enqueue(new Sequence(Clusters.Request(id, input, output), output), 0);

    private static Step Step(Instance instance)
    {
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        instance.EndStep(0);
        return step;
    }
}
