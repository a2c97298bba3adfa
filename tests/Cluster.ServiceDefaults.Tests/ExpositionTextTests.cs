using Cluster.ServiceDefaults.Exposition;

namespace Cluster.ServiceDefaults.Tests;

public sealed class ExpositionTextTests
{
    [Theory]
    [InlineData(1, "1.0")]
    [InlineData(0.001, "0.001")]
    [InlineData(2.5, "2.5")]
    [InlineData(7680, "7680.0")]
    [InlineData(100_000, "100000.0")]
    [InlineData(1_000_000, "1e+06")]
    [InlineData(8589934592, "8.589934592e+09")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    public void Bucket_bounds_are_spelt_as_the_Prometheus_clients_spell_them(double bound, string expected) =>
        CanonicalNumber.Bound(bound).ShouldBe(expected);

    [Theory]
    [InlineData(null, ExpositionFormat.Text)]
    [InlineData("*/*", ExpositionFormat.Text)]
    [InlineData("text/plain", ExpositionFormat.Text)]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", ExpositionFormat.OpenMetrics)]
    [InlineData("application/openmetrics-text;q=0.1, text/plain;q=0.9", ExpositionFormat.Text)]
    [InlineData("application/openmetrics-text;q=0", ExpositionFormat.Text)]
    [InlineData("not a media type;;;", ExpositionFormat.Text)]
    public void OpenMetrics_is_served_to_those_who_prefer_it(string? accept, ExpositionFormat expected) =>
        ExpositionFormats.Negotiate([accept]).ShouldBe(expected);
}
