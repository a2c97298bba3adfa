using Cluster.Gateway.Live;
using Cluster.Hosting;
using Microsoft.Extensions.Configuration;

namespace Cluster.Gateway.Tests;

/// <summary>What a gateway process reads of its surroundings.</summary>
public sealed class HostedGatewayTests
{
    [Fact]
    public void Token_and_key_come_from_the_variables_that_up_knows_too()
    {
        var options = Read(new() { ["XPYD_ADMIN_TOKEN"] = "t", ["XPYD_API_KEY"] = "k" });
        options.AdminToken.ShouldBe("t");
        options.ApiKeys.ShouldBe(["k"]);
    }

    [Fact]
    public void Its_own_section_wins_and_an_empty_variable_is_none()
    {
        var own = Read(new() { ["Xpyd:AdminToken"] = "own", ["Xpyd:ApiKeys:0"] = "mine", ["XPYD_ADMIN_TOKEN"] = "t", ["XPYD_API_KEY"] = "k" });
        own.AdminToken.ShouldBe("own");
        own.ApiKeys.ShouldBe(["mine"]);
        Read(new() { ["XPYD_ADMIN_TOKEN"] = "" }).AdminToken.ShouldBeNull();
    }

    private static GatewayOptions Read(Dictionary<string, string?> settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return HostedGateway.ReadGateway(configuration, HttpConfiguration.Read(configuration, 8000));
    }
}
