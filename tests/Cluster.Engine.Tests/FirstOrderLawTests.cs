using System.Globalization;
using Cluster.Engine.Cost.FirstOrder;

namespace Cluster.Engine.Tests;

/// <summary>Every worked number of the founding documents, and the laws those numbers stand for.</summary>
public class FirstOrderLawTests
{
    private const double H100Bandwidth = 3.35e12;

    private static double Result(string law, string result, params (string Name, double Value)[] numbers) =>
        Laws.All.Single(l => l.Name == law).Apply(numbers.ToDictionary(n => n.Name, n => n.Value)).Results.Single(r => r.Name == result).Value;

    [Theory]
    [InlineData(14e9, 7e9 * 2)]
    [InlineData(7e9, 7e9 * 1)]
    [InlineData(3.5e9, 7e9 * 0.5)]
    public void A_7B_model_takes_14_7_or_3_5_GB(double bytes, double product)
    {
        Result("weights", "bytes", ("params", 7e9), ("bytes-per-weight", product / 7e9)).ShouldBe(bytes);
    }

    [Fact]
    public void A_7B_model_in_fp16_decodes_at_most_240_tokens_per_second_on_3_35_TB_per_second()
    {
        DecodeCeiling.TokensPerSecond(H100Bandwidth, 7e9, 2).ShouldBe(240, 1);
        // int8 doubles and int4 quadruples the ceiling.
        DecodeCeiling.TokensPerSecond(H100Bandwidth, 7e9, 1).ShouldBe(2 * 240, 2);
        DecodeCeiling.TokensPerSecond(H100Bandwidth, 7e9, 0.5).ShouldBe(4 * 240, 4);
    }

    [Theory]
    [InlineData(2, 42)]
    [InlineData(1, 21)]
    public void A_70B_model_takes_42_ms_per_token_in_fp16_and_21_in_int8(double bytesPerWeight, double ms)
    {
        Result("decode-ceiling", "ms_per_token", ("bandwidth", H100Bandwidth), ("active-params", 70e9), ("bytes-per-weight", bytesPerWeight)).ShouldBe(ms, 0.3);
    }

    [Fact]
    public void Grouping_32_heads_onto_8_shrinks_the_cache_4_times_and_onto_1_32_times()
    {
        double With(double kvHeads) => KvPerToken.Bytes(32, kvHeads, 128, 2);
        (With(32) / With(8)).ShouldBe(4);
        (With(32) / With(1)).ShouldBe(32);
        Result("kv-per-token", "times_smaller_than_mha", ("layers", 32), ("kv-heads", 8), ("head-size", 128), ("query-heads", 32)).ShouldBe(4);
    }

    [Fact]
    public void A_4K_sequence_of_a_7B_model_with_full_heads_holds_2_1_GB()
    {
        (KvPerToken.Bytes(32, 32, 128, 2) * 4096).ShouldBe(2.1e9, 0.05e9);
    }

    [Fact]
    public void An_fp8_cache_holds_twice_the_sequences_and_an_int4_one_four_times()
    {
        double With(double bytes) => Capacity.Sequences(40e9, KvPerToken.Bytes(32, 8, 128, bytes) * 4096);
        (With(1) / With(2)).ShouldBe(2);
        (With(0.5) / With(2)).ShouldBe(4);
    }

    [Fact]
    public void Latent_attention_stores_about_5_times_less_than_grouped_heads()
    {
        // DeepSeek-V3's latent against 8 KV heads of 128 in each of as many layers, with room for "about" and "another".
        (KvPerToken.Bytes(61, 8, 128, 1) / LatentKvPerToken.Bytes(61, 512, 64, 1)).ShouldBeInRange(3.5, 5.5);
    }

    [Fact]
    public void Halving_the_weights_frees_memory_for_more_sequences_than_before()
    {
        double With(double weights) => Result("capacity", "concurrent", ("hbm", 80e9), ("tp", 2), ("weight-bytes", weights), ("kv-per-token", 327_680), ("context", 4096));
        With(140e9).ShouldBe(2);
        With(70e9).ShouldBe(55);
    }

    [Fact]
    public void Four_drafts_accepted_at_0_8_commit_3_36_tokens_per_pass()
    {
        Result("speculative", "tokens_per_pass", ("alpha", 0.8), ("k", 4)).ShouldBe(3.36, 0.005);
        Result("speculative", "gain", ("alpha", 0.8), ("k", 4), ("draft-cost", 0.1)).ShouldBe(3.36 / 1.4, 0.005);
    }

    [Fact]
    public void Drafting_gains_less_as_the_batch_nears_the_ridge_and_costs_beyond_it()
    {
        double At(double batch) => Result("speculative", "gain", ("alpha", 0.8), ("k", 4), ("draft-cost", 0.05), ("batch", batch), ("ridge-batch", 295));
        var gains = new[] { 1, 32, 64, 128, 256, 512 }.Select(b => At(b)).ToArray();
        gains.ShouldBe(gains.OrderDescending());
        At(1).ShouldBeGreaterThan(2.5);
        At(512).ShouldBeLessThan(1);
        var edge = Result("speculative", "break_even_batch", ("alpha", 0.8), ("k", 4), ("draft-cost", 0.05), ("ridge-batch", 295));
        At(edge).ShouldBe(1, 1e-9);
    }

    [Fact]
    public void An_H100_turns_compute_bound_at_295_FLOP_per_byte()
    {
        RidgePoint.FlopsPerByte(989.4e12, H100Bandwidth).ShouldBe(295, 0.5);
        RidgePoint.Batch(989.4e12, H100Bandwidth, 2).ShouldBe(295, 0.5);
    }

    [Theory]
    [InlineData(6.6e9, 32, 32)]
    [InlineData(68.7e9, 80, 64)]
    public void Attention_rivals_the_rest_at_tens_of_thousands_of_tokens(double parameters, double layers, double heads)
    {
        var tokens = AttentionCrossover.Tokens(parameters, layers, heads, 128);
        tokens.ShouldBeInRange(10_000, 110_000);
        // There the two terms of the prefill law are equal.
        (PrefillTime.AttentionFlops(layers, heads, 128, tokens) / PrefillTime.LinearFlops(parameters, tokens)).ShouldBe(1, 1e-3);
    }

    [Fact]
    public void Eight_experts_of_7B_hold_47B_and_touch_13B()
    {
        (string, double)[] mixtral = [("params", 46.7e9), ("active-params", 12.9e9), ("experts", 8), ("active-experts", 2)];
        Result("moe", "bytes_held", [.. mixtral, ("bytes-per-weight", 1)]).ShouldBe(47e9, 0.5e9);
        Result("moe", "flops_per_token", mixtral).ShouldBe(2 * 13e9, 0.3e9);
        // Top 2 of 8: about a quarter of the FLOPs of a dense model as large.
        Result("moe", "share_of_dense_flops", mixtral).ShouldBe(0.25, 0.03);
        Result("moe", "experts_touched", mixtral).ShouldBe(2, 1e-9);
        Result("moe", "experts_touched", [.. mixtral, ("batch", 64)]).ShouldBe(8, 1e-6);
    }

    [Fact]
    public void Contiguous_reservation_wastes_60_to_80_percent_and_blocks_of_16_under_4()
    {
        PagingWaste.Contiguous(512, 2048).ShouldBe(0.75);
        PagingWaste.Paged(200, 16).ShouldBeLessThan(0.04);
    }

    [Fact]
    public void A_70B_model_in_fp16_does_not_fit_one_GPU_of_80_GB()
    {
        MinimumGpus.Gpus(140e9, 0, 3e9, 80e9, 0.9).ShouldBe(4);
        MinimumGpus.Gpus(70e9, 0, 3e9, 80e9, 0.95).ShouldBe(1);
        Result("minimum-gpus", "gpus", ("weight-bytes", 140e9), ("kv-per-token", 327_680), ("context", 8192), ("batch", 64), ("hbm", 80e9)).ShouldBe(8);
    }

    [Fact]
    public void Tensor_parallelism_pays_over_NVLink_and_over_Ethernet_is_slower_than_one_GPU()
    {
        double Speedup(double link, double latency) => Result("tensor-parallel", "speedup", ("weight-bytes", 14e9), ("bandwidth", H100Bandwidth), ("tp", 8),
            ("layers", 32), ("hidden", 4096), ("batch", 16), ("interconnect", link), ("latency", latency));
        Speedup(450e9, 7e-6).ShouldBeInRange(3, 8);
        Speedup(3e9, 50e-6).ShouldBeLessThan(1);
    }

    [Fact]
    public void Pipeline_stages_idle_for_p_minus_1_of_m_plus_p_minus_1()
    {
        PipelineBubble.Share(4, 1).ShouldBe(0.75);
        PipelineBubble.Share(4, 12).ShouldBe(0.2);
    }

    [Fact]
    public void A_4K_prompt_of_a_70B_model_crosses_200_GB_per_second_in_tens_of_milliseconds()
    {
        var ms = Result("transfer-time", "ms", ("kv-per-token", 327_680), ("tokens", 4096), ("link-bandwidth", 200e9), ("efficiency", 0.75), ("half-size", 60e6), ("setup", 0.001));
        ms.ShouldBe(1 + (327_680.0 * 4096 + 60e6) / 150e6, 0.001);
        ms.ShouldBeInRange(5, 50);
    }

    [Fact]
    public void Missing_and_impossible_numbers_are_named_all_at_once()
    {
        var law = Laws.All.Single(l => l.Name == "speculative");
        var error = Should.Throw<ArgumentException>(() => law.Apply(new Dictionary<string, double> { ["alpha"] = 2, ["colour"] = 1 }));
        error.Message.ShouldContain("alpha is 2; allowed: 0 … 1");
        error.Message.ShouldContain("k (drafted tokens per pass) is needed");
        error.Message.ShouldContain("colour is not a number of this law");
    }

    [Theory]
    [InlineData("speculative", "k is 2.5; allowed: whole numbers, 1 … 64", "alpha 0.8 k 2.5")]
    [InlineData("ridge", "bandwidth is 3.35; allowed: 1e+09 B/s or more", "bandwidth 3.35 peak-flops 989e12")]
    [InlineData("moe", "active-experts is 16; a token cannot choose more than there are experts (8)", "params 1e9 active-params 1e9 experts 8 active-experts 16")]
    [InlineData("moe", "active-params is 2e+09; a token cannot multiply more than params (1e+09)", "params 1e9 active-params 2e9 experts 8 active-experts 2")]
    [InlineData("kv-per-token", "32 query heads cannot share 12 KV heads evenly", "layers 32 kv-heads 12 head-size 128 query-heads 32")]
    [InlineData("paging", "sequences cannot reach more than is reserved", "mean-tokens 5000")]
    [InlineData("capacity", "kv-per-token, window-kv and state are all 0", "hbm 80e9 weight-bytes 14e9 kv-per-token 0")]
    [InlineData("transfer-time", "window-kv and window go together", "kv-per-token 1 window 4096 tokens 1 link-bandwidth 1e9")]
    public void Numbers_that_cannot_be_or_cannot_go_together_are_refused(string law, string reason, string numbers)
    {
        var words = numbers.Split(' ');
        var given = words.Chunk(2).ToDictionary(w => w[0], w => double.Parse(w[1], CultureInfo.InvariantCulture));
        Should.Throw<ArgumentException>(() => Laws.All.Single(l => l.Name == law).Apply(given)).Message.ShouldContain(reason);
    }

    [Fact]
    public void Every_law_has_a_name_of_its_own_a_formula_and_a_source()
    {
        Laws.All.Select(l => l.Name).ShouldBeUnique();
        Laws.All.ShouldAllBe(l => l.Formula.Length > 0 && l.Source.Length > 0 && l.Summary.Length > 0);
    }
}
