namespace Cluster.Scenarios.Tests;

public class UnitTextTests
{
    [Theory]
    [InlineData("500ms", 500_000_000)]
    [InlineData("2min", 120_000_000_000)]
    [InlineData("1.5 s", 1_500_000_000)]
    [InlineData("7us", 7_000)]
    [InlineData("0s", 0)]
    public void Times_are_read_with_their_unit(string text, long ns)
    {
        UnitText.TryDurationNs(text, out var read).ShouldBeTrue();
        read.ShouldBe(ns);
    }

    [Theory]
    [InlineData("400Gbps", 50e9)]
    [InlineData("3.35TB/s", 3.35e12)]
    public void Bandwidths_are_read_in_bytes(string text, double bytesPerSecond)
    {
        UnitText.TryBytesPerSecond(text, out var read).ShouldBeTrue();
        read.ShouldBe(bytesPerSecond, 1);
    }

    [Theory]
    [InlineData("80GiB", 80.0 * 1024 * 1024 * 1024)]
    [InlineData("80GB", 80e9)]
    public void Sizes_tell_powers_of_1000_from_powers_of_1024(string text, double bytes)
    {
        UnitText.TryBytes(text, out var read).ShouldBeTrue();
        read.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("ms")]
    [InlineData("NaNs")]
    [InlineData("5 parsecs")]
    public void A_time_without_a_number_and_a_unit_is_refused(string text) => UnitText.TryDurationNs(text, out _).ShouldBeFalse();
}
