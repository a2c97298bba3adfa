using System.Net;
using Cluster.Grains.Hosting.Silos;
using Cluster.Grains.Timing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Cluster.Grains.Hosting;

/// <summary>Hosts the grains on the runtime this build was compiled against: here Microsoft Orleans.</summary>
public static class ClusterRuntime
{
    /// <summary>Value of the metrics' <c>runtime</c> label.</summary>
    public const string Label = "orleans";

    private const int MissedProbes = 3;

    /// <summary>Named in banners and by <c>xpyd doctor</c>.</summary>
    public const string Name = "Microsoft Orleans";

    /// <summary>Why there cannot be more than one process; null where there can.</summary>
    public static string? OneProcessOnly => null;

    /// <summary>Runs a silo with the grains of one cluster in this process: alone on loopback, or one of many.</summary>
    public static IHostApplicationBuilder AddClusterRuntime(this IHostApplicationBuilder builder, ClusterContext context, MembershipOptions? membership = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        membership ??= MembershipOptions.OnLoopback(MembershipOptions.GatewayPrefix);
        builder.Services.AddSingleton(context);
        AddLogFilters(builder.Logging);
        builder.UseOrleans(silo =>
        {
            silo.Configure<SiloOptions>(options => options.SiloName = membership.SiloName);
            AddMembership(silo, membership);
            if (!builder.Configuration.GetSection($"Orleans:GrainStorage:{StorageNames.Cluster}").Exists()) silo.AddMemoryGrainStorage(StorageNames.Cluster);
            silo.AddClusterPlacement();
            silo.AddClusterDirectory();
            silo.AddStartupTask((services, cancellation) => PresentAsync(services, context, membership, cancellation));
            // Instances hold state that only they have: they end with their cluster, not for want of calls.
            silo.Configure<GrainCollectionOptions>(options => options.CollectionAge = TimeSpan.FromDays(1));
        });
        builder.Services.AddHostedService<TimeKeeping>();
        builder.Services.AddHostedService<MemberWatch>();
        return builder;
    }

    /// <summary>Ends a sleep; Orleans runs the turns that wait for it on the thread pool.</summary>
    internal static void Wake(TaskCompletionSource sleeper) => sleeper.SetResult();

    /// <summary>Completes when so many silos besides the gateways are active.</summary>
    public static Task WaitForSilosAsync(IServiceProvider services, int silos, CancellationToken cancellation) =>
        Gathering.WaitAsync(services.GetRequiredService<IClusterMembershipService>(), services.GetRequiredService<IClusterManifestProvider>(), silos, cancellation);

    /// <summary>Asks the cluster, before joining, whether this silo may. Null: nobody answered.</summary>
    /// <param name="patience">How long a cluster that is starting gets to answer.</param>
    public static Task<CharterReply?> AskToJoinAsync(
        MembershipOptions membership, SiloCard card, IConfiguration configuration, TimeSpan patience, CancellationToken cancellation) =>
        JoinRequest.SendAsync(membership, card, configuration, patience, cancellation);

    /// <summary>
    /// Orleans warns of every late probe and dropped message with a stack trace; who is in the cluster is what matters. That a message could not be delivered
    /// is an error to it, too, and an exception to whoever sent it, who says so in the cluster's own terms.
    /// </summary>
    private static void AddLogFilters(ILoggingBuilder logging) => logging
        .AddFilter("Orleans", LogLevel.Error)
        .AddFilter("Orleans.Runtime.MembershipService.MembershipTableManager", LogLevel.Warning)
        .AddFilter("Orleans.Messaging", LogLevel.Critical)
        .AddFilter("Orleans.Runtime.GrainDirectory.ClientDirectory", LogLevel.Critical);

    private static void AddMembership(ISiloBuilder silo, MembershipOptions membership)
    {
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            options.ProbeTimeout = membership.ProbeTimeout;
            options.NumMissedProbesLimit = MissedProbes;
            // Left to themselves, newer releases stretch a probe to four times as long, and believe a silo alive for as many of those as may be missed: when a
            // host's network was cut, its requests waited for 24 seconds.
            NewerSettings.Set(options, ("MinProbeTimeout", membership.ProbeTimeout), ("MaxProbeTimeout", membership.ProbeTimeout));
        });
        if (membership.UsesConfiguredProvider) return;
        var primary = membership.Primary is { } p ? new IPEndPoint(IPAddress.Loopback, p.SiloPort) : null;
        silo.UseLocalhostClustering(membership.SiloPort, membership.GatewayPort, primary, membership.ServiceId, membership.ClusterId);
    }

    /// <summary>Two silos that began at once may each have thought to be the first: now that they are one cluster, one of them is right.</summary>
    private static async Task PresentAsync(IServiceProvider services, ClusterContext context, MembershipOptions membership, CancellationToken cancellation)
    {
        var charter = context.Charter;
        var card = new SiloCard(membership.SiloName, charter.Scenario, charter.Fingerprint, charter.Version);
        var reply = await services.GetRequiredService<IGrainFactory>().GetGrain<ICharterGrain>(ICharterGrain.Key).PresentAsync(card).WaitAsync(cancellation);
        if (reply.Refusal is { } refusal) throw new InvalidOperationException(refusal);
        if (reply.EpochUtc != charter.EpochUtc) context.Clock.Align(reply.EpochUtc);
    }
}
