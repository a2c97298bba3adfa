using Cluster.Engine.Cost.FirstOrder;

namespace Cluster.Engine.Tests;

/// <summary>Worked numbers of the founding documents that follow from two laws together, or from one at both ends of a range.</summary>
public class WorkedNumberTests
{
    private static double Result(string law, string result, params (string Name, double Value)[] numbers) =>
        Laws.All.Single(l => l.Name == law).Apply(numbers.ToDictionary(n => n.Name, n => n.Value)).Results.Single(r => r.Name == result).Value;

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 0.5)]
    public void Each_halving_of_the_weights_doubles_the_decode_ceiling(double from, double to)
    {
        double At(double bytes) => Result("decode-ceiling", "tokens_per_second", ("bandwidth", 3.35e12), ("active-params", 70e9), ("bytes-per-weight", bytes));
        (At(to) / At(from)).ShouldBe(2, 1e-9);
    }

    [Fact]
    public void Eight_GPUs_raise_the_decode_ceiling_eight_times_while_all_reduces_cost_nothing()
    {
        double At(double tp) => Result("decode-ceiling", "tokens_per_second", ("bandwidth", 3.35e12), ("active-params", 70e9), ("tp", tp));
        (At(8) / At(1)).ShouldBe(8, 1e-9);
        double Speedup(double latency) => Result("tensor-parallel", "speedup", ("weight-bytes", 140e9), ("bandwidth", 3.35e12), ("tp", 8),
            ("layers", 80), ("hidden", 8192), ("interconnect", 450e9), ("latency", latency));
        Speedup(0).ShouldBe(8, 0.05);
        Speedup(7e-6).ShouldBeLessThan(8);
    }

    [Fact]
    public void The_64_query_heads_of_a_70B_model_share_8_and_shrink_its_cache_8_times()
    {
        Result("kv-per-token", "times_smaller_than_mha", ("layers", 80), ("kv-heads", 8), ("head-size", 128), ("query-heads", 64)).ShouldBe(8);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(1, 1)]
    [InlineData(0.5, 0.5)]
    public void A_KV_element_takes_2_bytes_in_16_bits_1_in_fp8_and_half_in_int4(double bytesPerElement, double expected)
    {
        Result("kv-per-token", "bytes_per_token", ("layers", 1), ("kv-heads", 1), ("head-size", 1), ("bytes-per-kv", bytesPerElement)).ShouldBe(2 * expected);
    }

    /// <summary>Llama-3-70B in 16 bits on four H100 against the same shape with DeepSeek's latent, fp8 weights and fp8 KV: "together about 10×".</summary>
    [Fact]
    public void Fp8_weights_fp8_cache_and_a_latent_together_hold_about_10_times_the_sequences()
    {
        double With(double weights, double kv) => Result("capacity", "concurrent", ("hbm", 80e9), ("tp", 4), ("weight-bytes", weights), ("kv-per-token", kv), ("context", 32768));
        var baseline = With(140e9, KvPerToken.Bytes(80, 8, 128, 2));
        (With(140e9, KvPerToken.Bytes(80, 8, 128, 1)) / baseline).ShouldBe(2, 0.1);
        var all = With(70e9, LatentKvPerToken.Bytes(80, 512, 64, 1)) / baseline;
        all.ShouldBeInRange(9, 12);
    }

    [Fact]
    public void Ranks_that_cannot_share_a_latent_hold_a_copy_each()
    {
        double With(double shares) => Result("capacity", "concurrent", ("hbm", 180e9), ("tp", 8), ("weight-bytes", 378e9), ("kv-per-token", 35136), ("kv-shares", shares), ("context", 4096));
        (With(8) / With(1)).ShouldBe(8, 0.01);
        With(4).ShouldBe(With(8) / 2, 1);
        With(16).ShouldBe(With(8));
    }

    [Fact]
    public void A_window_of_4096_stops_the_cache_from_growing_and_a_state_never_grew()
    {
        double Sequence(double context, params (string, double)[] kv) => Result("capacity", "sequence_bytes", [("hbm", 80e9), ("weight-bytes", 14e9), ("context", context), .. kv]);
        (string, double)[] windowed = [("kv-per-token", 0), ("window-kv", 131_072), ("window", 4096)];
        Sequence(2048, windowed).ShouldBe(2048 * 131_072);
        Sequence(32_768, windowed).ShouldBe(4096 * 131_072);
        (string, double)[] state = [("kv-per-token", 0), ("state", 20e6)];
        Sequence(100_000, state).ShouldBe(Sequence(1, state));
    }

    [Fact]
    public void A_shared_prefix_of_5_percent_is_a_rounding_error_and_one_of_80_percent_a_gain_of_five_times()
    {
        double With(double shared) => Result("prefix-reuse", "gain", ("shared", shared), ("tokens", 8000));
        With(0.05).ShouldBeInRange(1.04, 1.06);
        With(0.8).ShouldBe(5, 0.05);
        // The last token of a prompt is always computed, so a prompt that is known entirely still costs its last block.
        Result("prefix-reuse", "computed", ("shared", 1), ("tokens", 4096)).ShouldBe(16);
    }

    [Fact]
    public void Twice_the_prompt_is_twice_the_work_below_the_crossover_and_four_times_far_above_it()
    {
        double At(double tokens) => Result("prefill-time", "seconds", ("active-params", 68.7e9), ("layers", 80), ("query-heads", 64), ("head-size", 128), ("tokens", tokens), ("peak-flops", 989.4e12));
        (At(2000) / At(1000)).ShouldBe(2, 0.05);
        (At(20e6) / At(10e6)).ShouldBe(4, 0.05);
    }
}
