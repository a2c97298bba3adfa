using Cluster.Grains;
using Cluster.Grains.Hosting;
using Cluster.Hosting;
using Cluster.Scenarios;
using Cluster.ServiceDefaults;

namespace Cluster.Silo;

/// <summary>
/// One silo process of a cluster: asks whether it may join, joins, carries the instances that are placed on it, and leaves
/// on SIGTERM. Metrics and liveness on a port of loopback of its own.
/// </summary>
internal static class SiloHost
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <returns>0 after an orderly end, 2 for bad configuration, 69 when there is no cluster to join, 78 when it may not join or this build cannot.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (ClusterRuntime.OneProcessOnly is { } reason) return Fail(78, reason);
        try
        {
            return await JoinAsync(args);
        }
        catch (Exception bad) when (bad is ScenarioException or HostConfigurationException)
        {
            return Fail(2, bad.Message);
        }
    }

    private static async Task<int> JoinAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration.AddInMemoryCollection(MembershipProviders.Overlay(builder.Configuration));
        var hosted = HostedScenario.Read(builder.Configuration);
        var membership = MembershipConfiguration.Read(builder.Configuration, $"silo-{Environment.MachineName}-{Environment.ProcessId}");
        var charter = hosted.Begin();
        var card = new SiloCard(membership.SiloName, charter.Scenario, charter.Fingerprint, charter.Version);
        var reply = await MembershipProviders.AskToJoinAsync(membership, card, builder.Configuration, s_patience);
        if (reply?.Refusal is { } refusal) return Fail(78, refusal);
        if (reply is null && membership.Primary is { } primary)
            return Fail(69, $"No cluster '{membership.ClusterId}' answered on 127.0.0.1:{primary.GatewayPort} within {s_patience.TotalSeconds:F0} s; start it first: xpyd up SCENARIO --silos N.");
        if (reply is not null) charter = charter with { EpochUtc = reply.EpochUtc };

        using var resources = new HostResources(hosted.Resolved.Cluster, hosted.Compute, hosted.TimeScale, charter);
        await using var app = Build(builder, resources.Context, membership);
        await app.StartAsync();
        Console.Out.WriteLine($"{membership.SiloName} has joined {charter.Scenario} (pid {Environment.ProcessId}, metrics {app.Urls.First()}/metrics).");
        EndWithParent(app);
        await app.WaitForShutdownAsync();
        return 0;
    }

    private static WebApplication Build(WebApplicationBuilder builder, ClusterContext context, MembershipOptions membership)
    {
        var http = HttpConfiguration.Read(builder.Configuration, defaultPort: 0);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(http.Host, http.Port));
        builder.AddServiceDefaults(telemetry => (telemetry.ServiceName, telemetry.InstanceId) = ("xpyd-silo", membership.SiloName));
        builder.AddClusterRuntime(context, membership);
        var app = builder.Build();
        app.MapMetrics();
        app.MapAlive();
        app.MapAlive("/health");
        return app;
    }

    /// <summary>A silo that <c>xpyd up</c> started holds the other end of its input: when that closes, whoever wanted it is gone.</summary>
    private static void EndWithParent(WebApplication app)
    {
        if (!app.Configuration.GetValue<bool>($"{HostedScenario.Section}:Silo:EndsWithInput")) return;
        _ = Task.Run(async () =>
        {
            while (await Console.In.ReadLineAsync() is not null)
            {
                // Nothing is ever said; only the end counts.
            }

            await app.StopAsync();
        });
    }

    private static int Fail(int exitCode, string why)
    {
        Console.Error.WriteLine(why);
        return exitCode;
    }
}
