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
    private const string TlsKey = $"{HostedScenario.Section}:Tls";
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
        catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            return await FailAsync(2, $"{taken.Message} {HttpConfiguration.PortKey} names another port.");
        }
    }

    private static async Task<int> ServeAsync(IConfiguration configuration)
    {
        configuration = new ConfigurationBuilder().AddConfiguration(configuration).AddInMemoryCollection(MembershipProviders.Overlay(configuration)).Build();
        var http = HttpConfiguration.Read(configuration, defaultPort: 8000);
        var gateway = ReadGateway(configuration, http);
        var hosted = HostedScenario.Read(configuration);
        var charter = hosted.Begin();
        var membership = ClusterRuntime.OneProcessOnly is null
            ? MembershipConfiguration.Read(configuration, MembershipOptions.GatewayPrefix) with { Silos = configuration.GetValue(SilosKey, 0) }
            : null;
        if (membership is { UsesConfiguredProvider: true })
        {
            var card = new SiloCard(membership.SiloName, charter.Scenario, charter.Fingerprint, charter.Version);
            var reply = await MembershipProviders.AskToJoinAsync(membership, card, configuration, s_patience);
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
            Gateway = gateway,
        };
        await using var cluster = await LiveCluster.StartAsync(hosted.Resolved.Cluster, options);
        await cluster.WaitForShutdownAsync(CancellationToken.None);
        return 0;
    }

    /// <summary><c>Xpyd:AdminToken</c>, <c>Xpyd:ApiKeys:0…</c> (or the variables that <c>xpyd up</c> knows, too), and for https <c>Xpyd:Tls:Certificate</c>, <c>:Key</c> and <c>:Password</c>.</summary>
    /// <exception cref="HostConfigurationException">All problems at once.</exception>
    internal static GatewayOptions ReadGateway(IConfiguration configuration, HttpConfiguration http)
    {
        string[] keys = [.. configuration.GetSection(ApiKeysKey).GetChildren().Select(key => key.Value ?? "")];
        var options = new GatewayOptions
        {
            Host = http.Host.ToString(),
            Port = http.Port,
            AdminToken = Text(AdminTokenKey) ?? Text("XPYD_ADMIN_TOKEN"),
            ApiKeys = keys.Length > 0 || Text("XPYD_API_KEY") is not { } key ? keys : [key],
            TlsCertificatePath = Text($"{TlsKey}:Certificate"),
            TlsKeyPath = Text($"{TlsKey}:Key"),
            TlsKeyPassword = Text($"{TlsKey}:Password"),
        };
        var problems = GatewayOptionsValidator.Problems(options);
        return problems.Count == 0 ? options : throw new HostConfigurationException($"{HostedScenario.Section}: " + string.Join(Environment.NewLine, problems));

        string? Text(string key) => configuration[key] is { Length: > 0 } value ? value : null;
    }

    private static async Task<int> FailAsync(int exitCode, string why)
    {
        await System.Console.Error.WriteLineAsync(why);
        return exitCode;
    }
}
