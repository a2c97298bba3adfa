using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Cost;

/// <summary>Laws of the kernels' formulas, whatever the fitted figures.</summary>
public sealed class KernelLawTests
{
    private static readonly Roof s_roof = new(1e15, 4e12, 132);
    private static readonly DecodeAttentionCurve s_decode = new(0.9, 8e-6, 1.5, 2e-6, 1e-8, 1e-11, 1.5, 1e-6, 3e-7, 0, 1e-6, 2e-8, 40e6, 3);
    private static readonly MlaCurve s_mla = new(0.75, 0.9, 1e-5, 4, 1e-6, 1e-8, 1e-9, 1, 1e-6, 0.7, 1e-5, 1e-8, 1e-9);
    private static readonly MoeCurve s_moe = new(0.7, 0.9, 2e-5, 1e-8, 1e-5, 2, 50, 1, 1, 1.3, 128, true, 1, 20, 0.1, 1e8);
    private static readonly HeadShape s_heads = new(32, 8, 128, 2048, 256, 2, false);

    [Theory]
    [InlineData(1, 1024)]
    [InlineData(8, 8192)]
    [InlineData(64, 65536)]
    public void KV_that_stays_in_cache_is_never_slower_than_KV_from_memory(double sequences, double context)
    {
        var (warm, cold) = (Decode(sequences, context, true), Decode(sequences, context, false));
        warm.ShouldBeLessThanOrEqualTo(cold);
        if (sequences * context * 4096 > 1e9) warm.ShouldBe(cold, cold * 1e-3);
    }

    [Theory]
    [InlineData(2, 1, 1)]
    [InlineData(4, 1.5, 1.25)]
    [InlineData(8, 1.75, 1.125)]
    public void Sums_in_the_switches_spare_more_than_two_ranks_most_of_a_second_trip(int ranks, double ring, double switches)
    {
        var curve = new CollectiveCurve(0, 0, 1, 0, 0, 1);
        double Seconds(double share) => Kernels.Collective(curve with { InNetworkShare = share }, 100e9, 100e9, ranks, 2.0 * (ranks - 1) / ranks);
        Seconds(0).ShouldBe(ring, 1e-9);
        Seconds(1).ShouldBe(switches, 1e-9);
        Seconds(0.5).ShouldBe((ring + switches) / 2, 1e-9);
    }

    [Fact]
    public void Splitting_a_long_context_helps_a_lone_sequence()
    {
        var one = Decode(1, 131_072, false);
        // As one task on one multiprocessor it would stream its whole context at that multiprocessor's own rate.
        one.ShouldBeLessThan(131_072 * 256 * 1e-11);
    }

    [Fact]
    public void Latent_attention_reads_the_latent_once_for_all_heads()
    {
        double Memory(double heads) => Kernels.MlaDecode(s_mla, s_roof, new HeadShape(heads, 1, 576, 576, 1088, 2, false), 64, 1, 64 * 8192).MemorySeconds;
        Memory(128).ShouldBe(Memory(8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(200)]
    public void Dealt_tokens_touch_at_least_as_many_experts_as_tokens_by_chance(double tokens)
    {
        var load = new MoeLoad(tokens, 4096, 1536, 3, 128, 8, 1, 2, 0, 1);
        Kernels.Moe(s_moe, s_roof, load with { IsDealt = true }).MemorySeconds.ShouldBeGreaterThanOrEqualTo(Kernels.Moe(s_moe, s_roof, load).MemorySeconds * 0.999);
    }

    [Fact]
    public void Skewed_routing_touches_fewer_experts_and_loads_the_hottest_rank_more()
    {
        var load = new MoeLoad(32, 4096, 1536, 3, 128, 8, 1, 2, 0, 1);
        Kernels.Moe(s_moe, s_roof, load with { RoutingExponent = 1.01 }).MemorySeconds.ShouldBeLessThan(Kernels.Moe(s_moe, s_roof, load).MemorySeconds);
        var spread = load with { Tokens = 8192, ExpertRanks = 8 };
        Kernels.Moe(s_moe, s_roof, spread with { RoutingExponent = 1.01 }).ComputeSeconds.ShouldBeGreaterThan(Kernels.Moe(s_moe, s_roof, spread).ComputeSeconds * 1.2);
    }

    [Fact]
    public void A_rank_fills_the_tile_chosen_for_all_choices_unless_tokens_are_dispatched_to_it()
    {
        var load = new MoeLoad(64, 4096, 1536, 3, 128, 8, 16, 2, 0, 1);
        Kernels.Moe(s_moe, s_roof, load).ComputeSeconds.ShouldBeGreaterThan(Kernels.Moe(s_moe, s_roof, load with { IsDispatched = true }).ComputeSeconds * 2);
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(17, 1.484375)]
    [InlineData(32, 1.25)]
    [InlineData(48, 1)]
    [InlineData(64, 1)]
    [InlineData(300, 1.1354166666666667)]
    public void Padding_beyond_a_quarter_of_the_last_tile_stalls_what_bandwidth_binds_and_kernels_of_16_rows_have_none(double rows, double times)
    {
        var curve = new GemmCurve(0.9, 0.9, 1e-6, 4, 100, 0.5, 0, 0, 0, 1000, 128, 1, 1, 0, 1, 0);
        double Memory(GemmCurve c) => Kernels.Gemm(c, s_roof, rows, 4096, 4096, 1, 1).MemorySeconds;
        (Memory(curve with { PaddingStall = 1 }) / Memory(curve)).ShouldBe(times, 1e-9);
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(8, 8)]
    [InlineData(8, 72)]
    public void A_token_goes_to_no_more_ranks_than_it_has_experts_or_there_are_ranks(double experts, double ranks) =>
        Kernels.Destinations(experts, ranks).ShouldBeInRange(1, Math.Min(experts, ranks) + 1e-12);

    [Fact]
    public void Steps_price_kernels_without_allocating()
    {
        var load = new MoeLoad(100, 4096, 1536, 3, 128, 8, 4, 2, 1.01, 1);
        double Both() => Kernels.Moe(s_moe, s_roof, load).Seconds + Decode(8, 4096, false);
        Both().ShouldBePositive();
        Allocations.Of(() => Both()).ShouldBe(0);
    }

    private static double Decode(double sequences, double context, bool warm) =>
        Kernels.DecodeAttention(s_decode, s_roof, s_heads, sequences, 1, sequences * context, warm: warm).Seconds;
}
