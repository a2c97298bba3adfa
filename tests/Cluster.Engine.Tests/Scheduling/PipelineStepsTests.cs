using Cluster.Engine.Cost;
using Cluster.Engine.Cost.FirstOrder;
using Cluster.Engine.Hardware;
using Cluster.Engine.Requests;
using Cluster.Engine.Tests.Cost;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

/// <summary>Pipeline stages over prompts: chunks under way at the same time, as vLLM's batch queue has them.</summary>
public sealed class PipelineStepsTests
{
    private const int Budget = 1024;

    [Theory]
    [InlineData(2, 4)]
    [InlineData(4, 8)]
    [InlineData(4, 4)]
    [InlineData(4, 1)]
    public void Chunks_of_one_prompt_leave_the_pipeline_no_more_bubble_than_its_law_says(int stages, int chunks)
    {
        var (alone, spread) = (Seconds(Make(1), chunks * Budget), Seconds(Make(stages), chunks * Budget));
        // Each rank computes a stages-th of the work: what else the time holds is bubble.
        var bubble = 1 - (alone / stages / spread);
        bubble.ShouldBe(PipelineBubble.Share(stages, chunks), 0.02);
    }

    [Fact]
    public void A_pipeline_that_is_full_already_needs_no_filling()
    {
        var instance = Make(2);
        Enqueue(instance, 0, 2 * Budget);
        Enqueue(instance, 1, 2 * Budget);
        var first = Step(instance);
        var second = Step(instance);
        (first.Shape.FillsPipeline, second.Shape.FillsPipeline).ShouldBe((true, false));
        first.Cost.DurationSeconds.ShouldBe(1.5 * second.Cost.DurationSeconds, 1e-9, "two chunks over two stages: three places, then two");
    }

    [Fact]
    public void A_step_takes_the_budget_once_for_each_micro_batch_and_cuts_a_prompt_at_it()
    {
        var instance = Make(2);
        Enqueue(instance, 0, 3 * Budget);
        Step(instance).Shape.PrefillTokens.ShouldBe(2 * Budget);
        Step(instance).Shape.PrefillTokens.ShouldBe(Budget);
    }

    [Fact]
    public void Prompts_that_are_not_cut_fill_micro_batches_and_a_longer_one_goes_alone()
    {
        var instance = Make(2, chunked: false);
        foreach (var (id, tokens) in new[] { Budget, Budget, Budget + 1, 100 }.Index()) Enqueue(instance, id, tokens);
        Step(instance).Shape.PrefillTokens.ShouldBe(2 * Budget);
        Step(instance).Shape.PrefillTokens.ShouldBe(Budget + 1);
        Step(instance).Shape.PrefillTokens.ShouldBe(100);
    }

    [Fact]
    public void Ranks_of_all_stages_together_do_the_work_of_one_that_has_all_layers()
    {
        var (one, four) = (Make(1), Make(4));
        foreach (var instance in new[] { one, four }) Enqueue(instance, 0, Budget);
        var (whole, rank) = (Step(one).Cost, Step(four).Cost);
        rank.Flops.ShouldBe(whole.Flops / 4, whole.Flops * 1e-6, "a prompt of one chunk: three of four places stay empty");
        rank.HbmBytes.ShouldBe(whole.HbmBytes / 4, whole.HbmBytes * 1e-6);
    }

    private static double Seconds(Instance instance, int tokens)
    {
        Enqueue(instance, 0, tokens);
        double seconds = 0;
        for (var left = tokens; left > 0;)
        {
            var step = Step(instance);
            seconds += step.Cost.DurationSeconds;
            left -= (int)step.Shape.PrefillTokens;
        }

        return seconds;
    }

    private static Instance Make(int stages, bool chunked = true)
    {
        var spec = Clusters.Instance(blocks: 10_000);
        // Nothing but products, so that a law about shares of them holds.
        var engine = TestHardware.Engine() with { StepHostSeconds = 0, SequenceHostSeconds = 0, PromptTokenHostSeconds = 0, LaunchSeconds = 0 };
        var deployment = Steps.Llama8b() with { Parallelism = new Parallelism(Pp: stages), Engine = engine };
        return new Instance(spec with
        {
            Deployment = deployment,
            Cost = new StepCostModel(deployment),
            Scheduler = spec.Scheduler with { MaxNumBatchedTokens = Budget, EnableChunkedPrefill = chunked },
        });
    }

    private static void Enqueue(Instance instance, long id, int input) => instance.Enqueue(new Sequence(Clusters.Request(id, input, 1), 1), 0);

    private static Step Step(Instance instance)
    {
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        instance.EndStep(0);
        return step;
    }
}
