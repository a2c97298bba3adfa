using Cluster.Engine.Cost;
using Cluster.Engine.Models;

namespace Cluster.Engine.Tests.Cost;

/// <summary>What a draft layer computes beside the step that verifies.</summary>
public sealed class DraftCostTests
{
    private const int Layers = 32;
    private const double Hidden = 4096;
    private const double Vocabulary = 128256;

    [Fact]
    public void Drafts_are_one_layer_over_the_steps_tokens_then_one_token_of_each_sequence_and_a_head_each_time()
    {
        var (verify, next) = (Steps.Decode(16, 1000, tokens: 4), Steps.Decode(16, 1000));
        var layers = LayerFlops(verify, rows: 16 * 4) + (2 * LayerFlops(next, rows: 16));
        var heads = 3 * 2 * 16 * Hidden * Vocabulary;
        var joins = ((16 * 4) + (2 * 16)) * 2 * Hidden * 2 * Hidden;
        Added(verify).Flops.ShouldBe(layers + heads + joins, layers * 0.01);
    }

    [Fact]
    public void A_prompt_passes_the_draft_layer_too()
    {
        var prompt = Steps.Prefill(1, 4096);
        var joins = 4096 * 2 * Hidden * 2 * Hidden;
        Added(prompt).Flops.ShouldBe(LayerFlops(prompt, rows: 1) + joins, joins * 0.01);
    }

    [Fact]
    public void Steps_without_room_for_drafts_pay_no_head()
    {
        var step = Steps.Decode(16, 1000);
        Added(step).Flops.ShouldBe(LayerFlops(step, rows: 16) + (16 * 2 * Hidden * 2 * Hidden), 1e9);
    }

    [Fact]
    public void Tensor_parallel_drafts_sum_over_ranks_as_other_layers_do()
    {
        var step = Steps.Decode(16, 1000, tokens: 2);
        var added = Added(step, Steps.Llama8b(tp: 4));
        added.NetworkBytes.ShouldBe(Model(Steps.Llama8b(tp: 4)).Evaluate(step).NetworkBytes / Layers, 1);
    }

    [Fact]
    public void Multi_token_prediction_brings_the_mixtures_experts_and_an_eagle_head_a_dense_layer()
    {
        var moe = new MoeShape(64, 4, 2048);
        var mixture = Steps.Llama8b() with { Model = Steps.Llama8b().Model with { DraftLayers = 1, Layers = [Steps.Llama8b().Model.Layers[0] with { Count = Layers, Mlp = null, Moe = moe }] } };
        var step = Steps.Decode(64, 1000, tokens: 2);
        var (mtp, eagle) = (Added(step, mixture, DraftMethod.Mtp), Added(step, mixture));
        var experts = 3 * Hidden * moe.ExpertSize * 2;
        (mtp.HbmBytes - eagle.HbmBytes).ShouldBe((moe.Experts - moe.ActiveExperts) * experts, moe.Experts * experts * 0.1, "all experts are read, where the dense layer is as wide as four");
    }

    private static StepCost Added(StepShape step, Deployment? deployment = null, DraftMethod method = DraftMethod.Eagle)
    {
        deployment ??= Steps.Llama8b();
        var drafting = Model(deployment with { Speculation = new SpeculativeDecoding(method, 3, 0.8) }).Evaluate(step);
        var plain = Model(deployment).Evaluate(step);
        drafting.DurationSeconds.ShouldBeGreaterThan(plain.DurationSeconds);
        return drafting with { Flops = drafting.Flops - plain.Flops, HbmBytes = drafting.HbmBytes - plain.HbmBytes, NetworkBytes = drafting.NetworkBytes - plain.NetworkBytes };
    }

    /// <summary>Of one layer: what the step takes less its LM head, over all layers.</summary>
    private static double LayerFlops(StepShape step, int rows) => (Model(Steps.Llama8b()).Evaluate(step).Flops - (2 * rows * Hidden * Vocabulary)) / Layers;

    private static StepCostModel Model(Deployment deployment) => new(deployment);
}
