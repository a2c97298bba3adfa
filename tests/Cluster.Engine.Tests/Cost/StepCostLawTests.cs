using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Cost;

public sealed class StepCostLawTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(256)]
    public void A_step_with_more_of_anything_never_costs_less(int sequences)
    {
        var cost = new StepCostModel(Steps.Llama8b());
        var one = cost.Evaluate(Steps.Decode(sequences, 1000)).DurationSeconds;
        cost.Evaluate(Steps.Decode(sequences + 1, 1000)).DurationSeconds.ShouldBeGreaterThanOrEqualTo(one);
        cost.Evaluate(Steps.Decode(sequences, 2000)).DurationSeconds.ShouldBeGreaterThan(one);
        cost.Evaluate(Steps.Decode(sequences, 1000, tokens: 2)).DurationSeconds.ShouldBeGreaterThanOrEqualTo(one);
    }

    [Fact]
    public void Perfect_hardware_decodes_one_sequence_at_the_bandwidth_ceiling()
    {
        var deployment = Steps.Llama8b();
        var step = new StepCostModel(deployment).Evaluate(Steps.Decode(1, 1));
        var ceiling = ParameterCount.Active(deployment.Model) * 2 / deployment.Gpu.HbmBytesPerSecond;
        (step.DurationSeconds - step.HostSeconds).ShouldBe(ceiling, ceiling * 0.01);
    }

    [Fact]
    public void Perfect_hardware_prefills_at_two_flops_per_weight_and_token_plus_attention()
    {
        var deployment = Steps.Llama8b();
        var step = new StepCostModel(deployment).Evaluate(Steps.Prefill(1, 4096));
        var model = deployment.Model;
        var linear = 2 * 4096 * (ParameterCount.Active(model) - ParameterCount.OutputMatrix(model));
        var attention = 4.0 * 32 * 32 * 128 * 4096 * 4097 / 2;
        step.Flops.ShouldBe(linear + attention, (linear + attention) * 0.01);
    }

    [Fact]
    public void Quantisation_with_known_scales_hides_behind_the_kernel_before()
    {
        var shape = Steps.Prefill(1, 4096);
        double Seconds(Deployment d) => new StepCostModel(d).Evaluate(in shape).DurationSeconds;
        var fused = Steps.Llama8b(weights: NumberFormat.Fp8);
        var slow = fused with { Gpu = WithGemm(fused.Gpu, c => c with { QuantiseSecondsPerRow = 1e-6 }) };
        Seconds(slow).ShouldBe(Seconds(fused), 1e-12);
        Seconds(slow with { Fusion = false }).ShouldBeGreaterThan(Seconds(fused with { Fusion = false }) + 0.1, "every row of four products in 32 layers is quantised by itself");
        var launches = fused with { Gpu = WithGemm(fused.Gpu, c => c with { FloorSeconds = 1 }) };
        Seconds(launches with { Engine = launches.Engine with { FusedQuantisation = true } }).ShouldBeLessThan(Seconds(launches) - 1);
    }

    [Fact]
    public void A_prompt_that_was_computed_elsewhere_costs_the_host_what_one_of_its_own_does()
    {
        var deployment = Steps.Llama8b();
        deployment = deployment with { Engine = deployment.Engine with { PromptTokenHostSeconds = 1e-6 } };
        var cost = new StepCostModel(deployment);
        var (alone, joined) = (cost.Evaluate(Steps.Decode(2, 8000)), cost.Evaluate(Steps.Decode(2, 8000) with { ReceivedTokens = 8000 }));
        (joined.HostSeconds - alone.HostSeconds).ShouldBe(8e-3, 1e-9);
        (joined.DurationSeconds - alone.DurationSeconds).ShouldBe(8e-3, 1e-9, "nothing computes it");
    }

    [Fact]
    public void A_router_in_32_bits_takes_longer_than_one_in_16()
    {
        var dense = Steps.Llama8b();
        Deployment With(NumberFormat router) => dense with
        {
            Model = dense.Model with { Layers = [.. dense.Model.Layers.Select(l => l with { Mlp = null, Moe = new MoeShape(64, 4, 1024) { RouterFormat = router } })] },
        };
        var shape = Steps.Prefill(1, 4096);
        new StepCostModel(With(NumberFormat.Fp32)).Evaluate(in shape).DurationSeconds.ShouldBeGreaterThan(new StepCostModel(With(NumberFormat.Bf16)).Evaluate(in shape).DurationSeconds);
    }

    [Fact]
    public void The_parts_add_up_to_the_duration()
    {
        var step = new StepCostModel(Steps.Llama8b(tp: 4)).Evaluate(Steps.Prefill(2, 777));
        (step.ComputeSeconds + step.BandwidthSeconds + step.NetworkSeconds + step.HostSeconds).ShouldBe(step.DurationSeconds, 1e-12);
    }

    [Fact]
    public void Tensor_parallelism_divides_bandwidth_time_and_adds_network_time()
    {
        var one = new StepCostModel(Steps.Llama8b()).Evaluate(Steps.Decode(8, 1000));
        var four = new StepCostModel(Steps.Llama8b(tp: 4)).Evaluate(Steps.Decode(8, 1000));
        four.BandwidthSeconds.ShouldBeInRange(one.BandwidthSeconds / 4 * 0.99, one.BandwidthSeconds / 4 * 1.1);
        one.NetworkSeconds.ShouldBe(0);
        four.NetworkSeconds.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Int4_weights_pay_in_decode_and_not_in_prefill()
    {
        var wide = new StepCostModel(Steps.Llama8b());
        var narrow = new StepCostModel(Steps.Llama8b(weights: NumberFormat.Int4));
        narrow.Evaluate(Steps.Decode(1, 100)).DurationSeconds.ShouldBeLessThan(0.5 * wide.Evaluate(Steps.Decode(1, 100)).DurationSeconds);
        narrow.Evaluate(Steps.Prefill(1, 8192)).DurationSeconds.ShouldBeGreaterThanOrEqualTo(0.99 * wide.Evaluate(Steps.Prefill(1, 8192)).DurationSeconds);
    }

    [Fact]
    public void The_same_shape_always_costs_the_same_and_allocates_nothing()
    {
        var cost = new StepCostModel(Steps.Llama8b(tp: 2));
        var shape = Steps.Decode(37, 1234);
        var first = cost.Evaluate(shape);
        Allocations.Of(() =>
        {
            for (var i = 0; i < 1000; i++) cost.Evaluate(Steps.Decode(37 + (i % 5), 1234 + i));
        }).ShouldBe(0);
        cost.Evaluate(shape).ShouldBe(first);
    }

    [Fact]
    public void An_engine_that_sums_in_one_shot_up_to_some_tokens_reads_all_data_of_all_ranks_up_to_there()
    {
        var model = Steps.Llama8b(tp: 8);
        var oneShot = model with { Engine = model.Engine with { OneShotAllReduceTokens = 128 } };
        double Extra(int tokens) => new StepCostModel(oneShot).Evaluate(Steps.Decode(tokens, 100)).DurationSeconds - new StepCostModel(model).Evaluate(Steps.Decode(tokens, 100)).DurationSeconds;
        // Two reduces a layer of 4,096 × 2 bytes a token at 100 GB/s: 8 ranks' data instead of 2 · 7 ÷ 8.
        Extra(128).ShouldBe(64 * 128 * 8192 / 100e9 * (8 - 1.75), 1e-9);
        Extra(129).ShouldBe(0);
    }

    [Fact]
    public void An_engine_sums_over_peer_memory_up_to_its_own_limit_and_with_NCCL_beyond()
    {
        var model = Steps.Llama8b(tp: 8);
        var collectives = model.Gpu.Kernels.Collectives;
        var fast = collectives with { OneShotAllReduce = collectives.AllReduce with { BusEfficiency = 2 }, OneShotMaxBytes = 64e6 };
        var whole = model with { Gpu = model.Gpu with { Kernels = model.Gpu.Kernels with { Collectives = fast } } };
        // 1,000 tokens are 8.2 MB.
        var limited = whole with { Engine = whole.Engine with { PeerAllReduceBytes = 8e6 } };
        double Network(Deployment d, int tokens) => new StepCostModel(d).Evaluate(Steps.Prefill(1, tokens)).NetworkSeconds;
        Network(whole, 1000).ShouldBe(Network(model, 1000) / 2, 1e-9);
        Network(limited, 1000).ShouldBe(Network(model, 1000), 1e-9);
        Network(limited, 900).ShouldBe(Network(model, 900) / 2, 1e-9);
    }

    [Fact]
    public void A_norm_over_all_heads_is_five_launches_more_a_layer()
    {
        var plain = Steps.Llama8b(tp: 8);
        plain = plain with { CudaGraphs = false, Engine = plain.Engine with { LaunchSeconds = 1e-3 } };
        var joint = plain with
        {
            Model = plain.Model with { Layers = [.. plain.Model.Layers.Select(l => l with { Attention = l.Attention! with { NormAcrossHeads = true } })] },
        };
        // Launches hide the kernels: what is exposed of them and the kernels together take what launching does.
        double Seconds(Deployment d) => new StepCostModel(d).Evaluate(Steps.Prefill(1, 8)).DurationSeconds;
        (Seconds(joint) - Seconds(plain)).ShouldBe(5 * plain.Model.LayerCount * 1e-3, 1e-9);
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void Shared_experts_of_small_steps_run_behind_routed_ones_inside_CUDA_graphs(int sequences, bool hidden)
    {
        var (without, with) = (Mixture(shared: 0), Mixture(shared: 2048));
        StepCost Step(Deployment d) => new StepCostModel(d).Evaluate(Steps.Decode(sequences, 100));
        var (routed, both) = (Step(without), Step(with));
        var weights = 3.0 * 2048 * 4096 * with.Model.LayerCount;
        (both.Flops - routed.Flops).ShouldBe(2 * sequences * weights, 1e6, "the work is counted either way");
        (both.HbmBytes - routed.HbmBytes).ShouldBeGreaterThan(2 * weights);
        // Only the activation function, which is counted with the elementwise kernels, takes its time: it reads and writes three times their width in 16 bits.
        var elementwise = with.Model.LayerCount * sequences * 2.0 * 3 * 2048 / with.Gpu.HbmBytesPerSecond;
        var more = both.DurationSeconds - routed.DurationSeconds - elementwise;
        if (hidden) more.ShouldBe(0, 1e-9);
        else more.ShouldBeGreaterThan(2 * weights / with.Gpu.HbmBytesPerSecond * 0.99);
        var eager = Step(with with { CudaGraphs = false }).DurationSeconds - Step(without with { CudaGraphs = false }).DurationSeconds - elementwise;
        eager.ShouldBeGreaterThan(2 * weights / with.Gpu.HbmBytesPerSecond * 0.99, "one kernel after the other");
    }

    [Fact]
    public void An_engine_that_captures_no_graphs_of_a_step_runs_shared_experts_one_by_one()
    {
        double Seconds(int shared, int graphTokens)
        {
            var deployment = Mixture(shared);
            return new StepCostModel(deployment with { Engine = deployment.Engine with { MaxGraphTokens = graphTokens } }).Evaluate(Steps.Decode(64, 100)).DurationSeconds;
        }

        (Seconds(2048, 63) - Seconds(0, 63)).ShouldBeGreaterThan((Seconds(2048, 64) - Seconds(0, 64)) * 10);
    }

    private static Deployment Mixture(int shared)
    {
        var dense = Steps.Llama8b();
        return dense with { Model = dense.Model with { Layers = [.. dense.Model.Layers.Select(l => l with { Mlp = null, Moe = new MoeShape(64, 4, 1024) { SharedSize = shared } })] } };
    }

    private static GpuProfile WithGemm(GpuProfile gpu, Func<GemmCurve, GemmCurve> change) => gpu with
    {
        Kernels = gpu.Kernels with
        {
            Gemm = gpu.Kernels.Gemm.ToDictionary(g => g.Key, g => g.Key == NumberFormat.Fp8 ? change(g.Value) : g.Value),
        },
    };
}
