using Cluster.Grains.Hosting;
using Cluster.Hosting;
using Cluster.Scenarios;
using Microsoft.Extensions.Configuration;

namespace Cluster.Silo.Tests;

/// <summary>What a host process is configured to run, and as whom it joins.</summary>
public sealed class HostedScenarioTests
{
    private static readonly string s_quickstart = Path.Combine(Checkout.Root, "scenarios", "quickstart.yaml");

    [Fact]
    public void A_process_told_by_another_what_to_run_has_the_same_fingerprint()
    {
        var told = HostedScenario.Of(ScenarioSource.Open(s_quickstart, [new ScenarioOverride("slo.ttft", "900ms")]), null);
        var configuration = Configure([.. told.ToConfiguration()]);
        var read = HostedScenario.Read(configuration);
        read.Fingerprint.ShouldBe(told.Fingerprint);
        read.Resolved.Cluster.Slo.ShouldBe(told.Resolved.Cluster.Slo);
    }

    [Fact]
    public void Another_setting_or_variant_is_another_fingerprint()
    {
        var plain = HostedScenario.Of(ScenarioSource.Open(s_quickstart), null);
        HostedScenario.Of(ScenarioSource.Open(s_quickstart, [new ScenarioOverride("slo.ttft", "900ms")]), null).Fingerprint.ShouldNotBe(plain.Fingerprint);
        HostedScenario.Of(ScenarioSource.Open(s_quickstart), "aggregated").Fingerprint.ShouldNotBe(plain.Fingerprint);
        HostedScenario.Of(ScenarioSource.Open(s_quickstart), null).Fingerprint.ShouldBe(plain.Fingerprint);
    }

    [Fact]
    public void What_is_wrong_with_the_configuration_is_said()
    {
        Should.Throw<HostConfigurationException>(() => HostedScenario.Read(Configure())).Message.ShouldContain("Xpyd:Scenario");
        Should.Throw<HostConfigurationException>(() => HostedScenario.Read(Configure(("Xpyd:Scenario", s_quickstart), ("Xpyd:Variant", "aggregate"))))
            .Message.ShouldBe("There is no variant 'aggregate'; the scenario has 2P2D, aggregated.");
        Should.Throw<HostConfigurationException>(() => HostedScenario.Read(Configure(("Xpyd:Settings:0", "instances")))).Message.ShouldContain("path=value");
        Should.Throw<HostConfigurationException>(() => MembershipConfiguration.Read(Configure((MembershipConfiguration.JoinKey, "11111")), "silo"))
            .Message.ShouldContain("'11111' is no pair of ports");
    }

    [Fact]
    public void A_silo_joins_the_primary_it_was_told_of_unless_a_provider_is_configured()
    {
        var primary = MembershipOptions.OnLoopback("gateway");
        var joining = MembershipConfiguration.Read(Configure([.. MembershipConfiguration.ToConfiguration(primary, "silo-2")]), "ignored");
        joining.SiloName.ShouldBe("silo-2");
        joining.Primary.ShouldBe((primary.SiloPort, primary.GatewayPort));
        MembershipConfiguration.Read(Configure(("Orleans:Clustering:ProviderType", "Redis")), "silo-3").UsesConfiguredProvider.ShouldBeTrue();
    }

    private static IConfiguration Configure(params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value)).Build();
}
