using Cluster.Engine.Requests;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

/// <summary>Step compositions worked out by hand from the rules on the engine page.</summary>
public sealed class VllmSchedulerTests
{
    [Fact]
    public void A_prompt_longer_than_the_budget_is_split_and_the_rest_of_a_step_goes_to_the_next_in_line()
    {
        var instance = new Instance(Clusters.Instance(maxNumBatchedTokens: 100));
        Enqueue(instance, 0, input: 150, output: 5);
        Enqueue(instance, 1, input: 60, output: 5);

        var first = Step(instance);
        (first.Shape.PrefillTokens, first.Shape.PrefillSequences, first.Shape.SampledSequences).ShouldBe((100, 1, 0));

        var second = Step(instance);
        (second.Shape.PrefillTokens, second.Shape.PrefillSequences, second.Shape.SampledSequences).ShouldBe((100, 2, 1));

        // The first decodes; the second computes its last 10 tokens.
        var third = Step(instance);
        (third.Shape.DecodeSequences, third.Shape.PrefillTokens, third.Shape.DecodeContextTokens).ShouldBe((1, 10, 151));
    }

    [Fact]
    public void Running_sequences_come_before_waiting_ones()
    {
        var instance = new Instance(Clusters.Instance(maxNumBatchedTokens: 64, maxNumSeqs: 2));
        Enqueue(instance, 0, input: 10, output: 50);
        Enqueue(instance, 1, input: 10, output: 50);
        Step(instance);
        Enqueue(instance, 2, input: 10, output: 50);

        var step = Step(instance);
        step.Shape.DecodeSequences.ShouldBe(2);
        step.Shape.PrefillSequences.ShouldBe(0);
        instance.State.Waiting.Count.ShouldBe(1);
    }

    [Fact]
    public void The_last_admitted_is_preempted_first_and_goes_back_to_the_front_of_the_queue()
    {
        // Six blocks of 16: both prompts fill two each and both outputs need a third at once, then a fourth.
        var instance = new Instance(Clusters.Instance(blocks: 6, prefixCaching: false));
        Enqueue(instance, 0, input: 32, output: 40);
        Enqueue(instance, 1, input: 32, output: 40);
        Enqueue(instance, 2, input: 16, output: 1);
        for (var i = 0; i < 17; i++) Step(instance);

        // The 18th step starts token 49: a fourth block for each, and none is free.
        var step = Step(instance);
        step.Shape.DecodeSequences.ShouldBe(1);
        instance.State.Waiting.Head!.Id.ShouldBe(1);
        instance.State.Waiting.Head.Generated.ShouldBe(17);
        instance.State.Counters.Preemptions.ShouldBe(1);
    }

    [Fact]
    public void A_step_that_preempts_admits_nobody()
    {
        // Chunks of a block: the victim's first would fit at once, into the blocks that it has just lost.
        var spec = Clusters.Instance(blocks: 6, prefixCaching: false);
        var instance = new Instance(spec with { Scheduler = spec.Scheduler with { LongPrefillTokenThreshold = 16 } });
        Enqueue(instance, 0, input: 32, output: 40);
        Enqueue(instance, 1, input: 32, output: 40);
        for (var i = 0; i < 18; i++) Step(instance);

        var preempting = Step(instance);
        (preempting.Shape.DecodeSequences, preempting.Shape.PrefillTokens).ShouldBe((1, 0));
        (instance.State.Counters.Preemptions, instance.State.Waiting.Count).ShouldBe((1, 1));
        var next = Step(instance);
        (next.Shape.DecodeSequences, next.Shape.PrefillTokens).ShouldBe((1, 16));
    }

    [Fact]
    public void By_priority_the_smallest_number_goes_first_and_the_greatest_is_preempted_whoever_came_last()
    {
        var spec = Clusters.Instance(blocks: 6, maxNumSeqs: 2, prefixCaching: false);
        var instance = new Instance(spec with { Scheduler = spec.Scheduler with { PriorityOrder = true } });
        foreach (var (id, priority) in new[] { (0, 9), (1, 5), (2, 7) })
            instance.Enqueue(new Sequence(Clusters.Request(id, 32, 40) with { Priority = priority }, 40), 0);
        Step(instance);
        instance.State.Waiting.Head!.Id.ShouldBe(0);
        // Of the two that run, 1 and 2, the latter has the greater number; a seat that it leaves is not taken in this step.
        for (var i = 0; i < 17; i++) Step(instance);
        instance.State.Decodes.First!.Id.ShouldBe(1);
        instance.State.Waiting.All.Select(s => s.Id).ShouldBe([2, 0]);
    }

    [Fact]
    public void A_prefix_hit_never_covers_the_last_prompt_token()
    {
        var instance = new Instance(Clusters.Instance());
        var content = TokenContent.Unique(9, 64 + 1);
        instance.Enqueue(new Sequence(Clusters.Request(0, 64, 1, content: content), 1), 0);
        Step(instance);
        instance.Enqueue(new Sequence(Clusters.Request(1, 64, 1, content: content), 1), 0);

        // 64 tokens are four full blocks; the fourth holds the last token and is computed again.
        Step(instance).Shape.PrefillTokens.ShouldBe(16);
    }

    [Fact]
    public void A_preempted_sequence_finds_its_own_blocks_again()
    {
        var instance = new Instance(Clusters.Instance(blocks: 7));
        Enqueue(instance, 0, input: 32, output: 18);
        Enqueue(instance, 1, input: 32, output: 40);
        for (var i = 0; i < 60 && instance.State.Counters.Finished < 2; i++) Step(instance);

        instance.State.Counters.Finished.ShouldBe(2);
        instance.State.Pool.CheckIntegrity();
    }

    private static void Enqueue(Instance instance, long id, int input, int output) =>
        instance.Enqueue(new Sequence(Clusters.Request(id, input, output), output), 0);

    private static Step Step(Instance instance)
    {
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        instance.EndStep(0);
        return step;
    }
}
