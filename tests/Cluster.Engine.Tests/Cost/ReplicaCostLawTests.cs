using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Cost;

/// <summary>Data-parallel attention over experts: who sends what, and what it costs the host.</summary>
public sealed class ReplicaCostLawTests
{
    [Fact]
    public void Experts_that_reach_every_rank_gather_tokens_and_scattered_ones_exchange_them()
    {
        // 8 active experts: on 8 ranks each token is everywhere anyway, on 16 it is not.
        var near = Mixture(ranks: 8);
        var tokens = 64 * 8;
        var step = new StepCostModel(near).Evaluate(Steps.Decode(tokens, 100));
        var elements = (double)tokens * near.Model.HiddenSize;
        step.NetworkBytes.ShouldBe(elements * (2 + 2) * 7 / 8 * near.Model.LayerCount, elements * 0.001, "all tokens to all ranks in 16 bits, and their sums back");
        var far = Mixture(ranks: 16);
        var rank = new StepCostModel(far).Evaluate(Steps.Decode(64 * 16, 100));
        rank.NetworkBytes.ShouldBe(64.0 * 8 * far.Model.HiddenSize * (2 + 2) * far.Model.LayerCount, 1, "a rank's own tokens, once per expert");
    }

    [Fact]
    public void Replicas_agree_on_every_step_and_the_engine_pays_for_it()
    {
        var one = Mixture(ranks: 8);
        var slow = one with { Engine = one.Engine with { ReplicaStepHostSeconds = 3e-3 } };
        (Decode(slow) - Decode(one)).ShouldBe(3e-3, 1e-9);
        var alone = one with { Parallelism = new Parallelism(8, 1, 1, 8) };
        Decode(alone with { Engine = slow.Engine }).ShouldBe(Decode(alone), 1e-12, "one replica has nobody to agree with");
    }

    [Fact]
    public void Prompts_of_mixture_models_take_the_engines_factor_and_decodes_and_dense_models_do_not()
    {
        var one = Mixture(ranks: 8);
        var slow = one with { Engine = one.Engine with { ExpertPrefillSlowdown = 1.5 } };
        double Prompt(Deployment d) => new StepCostModel(d).Evaluate(Steps.Prefill(8, 1000)) is var s ? s.DurationSeconds - d.Engine.StepHostSeconds : 0;
        Prompt(slow).ShouldBe(Prompt(one) * 1.5, 1e-9);
        Decode(slow).ShouldBe(Decode(one), 1e-12);
        var dense = Steps.Llama8b();
        Prompt(dense with { Engine = slow.Engine }).ShouldBe(Prompt(dense), 1e-12);
    }

    [Fact]
    public void Pricing_a_step_that_was_never_seen_allocates_nothing()
    {
        var cost = new StepCostModel(Mixture(ranks: 8) with { TwoBatchOverlap = true });
        cost.Evaluate(Steps.Prefill(8, 77));
        var unseen = 100;
        Allocations.Of(() =>
        {
            for (var i = 0; i < 1000; i++) cost.Evaluate(Steps.Prefill(3, unseen++));
        }).ShouldBe(0);
    }

    [Theory]
    [InlineData(8, false)]
    [InlineData(8, true)]
    [InlineData(16, false)]
    [InlineData(16, true)]
    public void What_a_step_costs_does_not_depend_on_the_steps_priced_before_it(int ranks, bool overlap)
    {
        var deployment = Mixture(ranks) with { TwoBatchOverlap = overlap };
        var warm = new StepCostModel(deployment);
        for (var i = 1; i < 200; i++)
        {
            // Some counts come again with another busiest replica, and some share a place in the tables.
            var tokens = (i * 8192L) + (i % 7);
            var shape = Steps.Prefill(ranks, (int)tokens) with { BusiestPrefillShare = (1 + (i % 5 / 5.0)) / ranks };
            warm.Evaluate(in shape).ShouldBe(new StepCostModel(deployment).Evaluate(in shape));
            warm.Evaluate(in shape).ShouldBe(new StepCostModel(deployment).Evaluate(in shape));
        }
    }

    private static double Decode(Deployment deployment) => new StepCostModel(deployment).Evaluate(Steps.Decode(64, 1000)).DurationSeconds;

    private static Deployment Mixture(int ranks)
    {
        var model = new ModelArchitecture("mixture", 1024, 1000, 8192,
            [new LayerGroup(4) { Attention = new AttentionShape(16, 16, 64), Moe = new MoeShape(64, 8, 512) }], "a test's");
        return new Deployment(model, TestHardware.Gpu() with { GpusPerDomain = 16 }, new Parallelism(1, 1, ranks, ranks), NumberFormat.Bf16, NumberFormat.Bf16) { Engine = TestHardware.Engine() };
    }
}
