using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Requests;
using Cluster.Engine.Tests.Cost;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

/// <summary>Data-parallel attention: every replica has a token budget of its own.</summary>
public sealed class ReplicaBudgetTests
{
    [Theory]
    [InlineData("vllm")]
    [InlineData("trtllm")]
    public void Four_replicas_take_four_prompts_and_not_the_fifth_that_their_sum_has_room_for(string policy)
    {
        // 4 × 512 = 2,048 tokens, five prompts of 400 would be 2,000: but one replica would have to take two.
        var instance = Make(policy, chunked: false);
        for (var id = 0; id < 5; id++) Enqueue(instance, id, 400);
        var first = Step(instance);
        first.PrefillTokens.ShouldBe(1600);
        first.BusiestPrefillShare.ShouldBe(0.25);
        var second = Step(instance);
        second.PrefillTokens.ShouldBe(400);
        second.BusiestPrefillShare.ShouldBe(1, "one replica computes, three wait for it");
    }

    [Fact]
    public void A_replica_takes_as_many_short_prompts_as_fit_its_share()
    {
        var instance = Make("vllm", chunked: false);
        for (var id = 0; id < 20; id++) Enqueue(instance, id, 128);
        Step(instance).PrefillTokens.ShouldBe(16 * 128);
    }

    [Fact]
    public void A_prompt_longer_than_its_replica_is_cut_or_goes_alone()
    {
        var cut = Make("vllm", chunked: true);
        Enqueue(cut, 0, 700);
        Step(cut).PrefillTokens.ShouldBe(512);
        Step(cut).PrefillTokens.ShouldBe(188);
        var whole = Make("vllm", chunked: false);
        Enqueue(whole, 0, 700);
        Step(whole).PrefillTokens.ShouldBe(700);
    }

    [Fact]
    public void The_busiest_replica_sets_the_price_of_a_step()
    {
        var one = Make("vllm", chunked: false);
        Enqueue(one, 0, 400);
        var four = Make("vllm", chunked: false);
        for (var id = 0; id < 4; id++) Enqueue(four, id, 400);
        var uneven = Make("vllm", chunked: false);
        Enqueue(uneven, 0, 400);
        for (var id = 1; id < 4; id++) Enqueue(uneven, id, 100);
        var (alone, even, mixed) = (Price(one), Price(four), Price(uneven));
        even.ShouldBe(alone, alone * 0.01, "four replicas work at once");
        mixed.ShouldBe(alone, alone * 0.05, "the others wait for the longest");
    }

    private static double Price(Instance instance)
    {
        var cost = new StepCostModel(Steps.Llama8b() with { Parallelism = new Parallelism(Dp: 4) });
        return cost.Evaluate(Step(instance)).DurationSeconds;
    }

    private static Instance Make(string policy, bool chunked)
    {
        var spec = Clusters.Instance(scheduler: policy);
        return new Instance(spec.On(new Parallelism(Dp: 4)).Instance! with
        {
            Scheduler = spec.Scheduler with { MaxNumBatchedTokens = 2048, EnableChunkedPrefill = chunked },
        });
    }

    private static void Enqueue(Instance instance, long id, int input) =>
        instance.Enqueue(new Sequence(Clusters.Request(id, input, 100), 100), 0);

    private static StepShape Step(Instance instance)
    {
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        instance.EndStep(1);
        return step.Shape;
    }
}
