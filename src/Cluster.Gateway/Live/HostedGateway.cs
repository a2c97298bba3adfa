using Cluster.Grains;
using Cluster.Grains.Hosting;
using Cluster.Hosting;
using Cluster.Scenarios;

namespace Cluster.Gateway.Live;

/// <summary>A gateway process that its configuration sends to a cluster.</summary>
internal static class HostedGateway
{
    private const string SilosKey = $"{HostedScenario.Section}:Silos";
    private const string AdminTokenKey = $"{HostedScenario.Section}:AdminToken";
    private const string ApiKeysKey = $"{HostedScenario.Section}:ApiKeys";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <returns>0 after an orderly end, 2 for bad configuration, 78 when it may not join its cluster.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration)
    {
        try
        {
            return await ServeAsync(configuration);
        }
        catch (Exception bad) when (bad is ScenarioException or HostConfigurationException)
        {
            return await FailAsync(2, bad.Message);
        }
    }

    private static async Task<int> ServeAsync(IConfiguration configuration)
    {
        configuration = new ConfigurationBuilder().AddConfiguration(configuration).AddInMemoryCollection(MembershipProviders.Overlay(configuration)).Build();
        var http = HttpConfiguration.Read(configuration, defaultPort: 8000);
        var hosted = HostedScenario.Read(configuration);
        var charter = hosted.Begin();
        var membership = ClusterRuntime.OneProcessOnly is null
            ? MembershipConfiguration.Read(configuration, MembershipOptions.GatewayPrefix) with { Silos = configuration.GetValue(SilosKey, 0) }
            : null;
        if (membership is { UsesConfiguredProvider: true })
        {
            var card = new SiloCard(membership.SiloName, charter.Scenario, charter.Fingerprint, charter.Version);
            var reply = await ClusterRuntime.AskToJoinAsync(membership, card, configuration, s_patience, CancellationToken.None);
            if (reply?.Refusal is { } refusal) return await FailAsync(78, refusal);
            if (reply is not null) charter = charter with { EpochUtc = reply.EpochUtc };
        }

        var options = new LiveOptions
        {
            TimeScale = hosted.TimeScale,
            Compute = hosted.Compute,
            Membership = membership,
            Charter = charter,
            Configuration = configuration,
            Gateway = new GatewayOptions
            {
                Host = http.Host.ToString(),
                Port = http.Port,
                AdminToken = configuration[AdminTokenKey] is { Length: > 0 } token ? token : null,
                ApiKeys = [.. configuration.GetSection(ApiKeysKey).GetChildren().Select(key => key.Value ?? "")],
            },
        };
        await using var cluster = await LiveCluster.StartAsync(hosted.Resolved.Cluster, options);
        await cluster.WaitForShutdownAsync(CancellationToken.None);
        return 0;
    }

    private static async Task<int> FailAsync(int exitCode, string why)
    {
        await System.Console.Error.WriteLineAsync(why);
        return exitCode;
    }
}
