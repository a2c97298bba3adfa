using Cluster.Hosting;
using Microsoft.Extensions.Configuration;

namespace Cluster.Cli.Tests;

/// <summary>What silo and gateway processes read of their surroundings, whichever runtime is compiled in.</summary>
public sealed class HostConfigurationTests
{
    [Fact]
    public void Without_a_clustering_section_nothing_is_laid_over() => MembershipProviders.Overlay(Of([])).ShouldBeEmpty();

    [Theory]
    [InlineData("ConnectionName")]
    [InlineData("ServiceKey")]
    public void A_provider_finds_its_connection_string_by_either_key(string key)
    {
        var overlay = MembershipProviders.Overlay(Of(new()
        {
            ["Orleans:Clustering:ProviderType"] = "Redis",
            [$"Orleans:Clustering:{key}"] = "membership",
            ["ConnectionStrings:membership"] = "redis:6379",
        }));
        overlay["Orleans:Clustering:ConnectionName"].ShouldBe("membership");
        overlay["Orleans:Clustering:ServiceKey"].ShouldBe("");
    }

    [Fact]
    public void All_problems_of_a_clustering_section_come_at_once()
    {
        var refusal = Should.Throw<HostConfigurationException>(() => MembershipProviders.Overlay(Of(new()
        {
            ["Orleans:Clustering:ProviderType"] = "AdoNet",
            ["Orleans:Clustering:ConnectionName"] = "membership",
        })));
        refusal.Message.ShouldContain("ConnectionStrings:membership");
        refusal.Message.ShouldContain("'Npgsql' for PostgreSQL");
    }

    [Fact]
    public void An_unknown_provider_is_refused_with_those_that_are_known() =>
        Should.Throw<HostConfigurationException>(() => MembershipProviders.Overlay(Of(new() { ["Orleans:Clustering:ProviderType"] = "Zookeeper" })))
            .Message.ShouldContain("Redis, AdoNet");

    [Fact]
    public void A_table_of_members_that_cannot_be_read_is_a_sentence_that_names_the_connection()
    {
        var configuration = Of(new() { ["Orleans:Clustering:ProviderType"] = "Redis", ["Orleans:Clustering:ConnectionName"] = "membership" });
        var said = MembershipProviders.Unreachable(configuration, new AggregateException(new TimeoutException("It was not possible to connect.\nMore of it.")));
        said.ShouldBe("Orleans:Clustering: the table of members (Redis) could not be read: It was not possible to connect. "
            + "Is what ConnectionStrings:membership names up, prepared, and to be reached from here?");
    }

    [Fact]
    public void A_host_listens_on_loopback_unless_told_otherwise()
    {
        HttpConfiguration.Read(Of([]), 8000).Host.ToString().ShouldBe("127.0.0.1");
        HttpConfiguration.Read(Of(new() { ["Xpyd:Http:Host"] = "0.0.0.0", ["Xpyd:Http:Port"] = "81" }), 8000).Port.ShouldBe(81);
        var refusal = Should.Throw<HostConfigurationException>(() => HttpConfiguration.Read(Of(new() { ["Xpyd:Http:Host"] = "here", ["Xpyd:Http:Port"] = "x" }), 0));
        refusal.Message.ShouldContain("'here'");
        refusal.Message.ShouldContain("'x'");
    }

    [Fact]
    public async Task A_probe_of_nobody_says_so()
    {
        var (isReady, said) = await HealthProbe.AskAsync("http://127.0.0.1:9", TestContext.Current.CancellationToken);
        isReady.ShouldBeFalse();
        said.ShouldContain("refused", Case.Insensitive);
    }

    private static IConfiguration Of(Dictionary<string, string?> values) => new ConfigurationBuilder().AddInMemoryCollection(values).Build();
}
