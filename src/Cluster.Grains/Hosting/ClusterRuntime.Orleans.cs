using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Cluster.Grains.Hosting;

/// <summary>Hosts the grains on the runtime this build was compiled against: here Microsoft Orleans.</summary>
public static class ClusterRuntime
{
    /// <summary>Named in banners and by <c>xpyd doctor</c>.</summary>
    public const string Name = "Microsoft Orleans";

    /// <summary>Runs a silo with the grains of one cluster in this process, alone on loopback.</summary>
    public static IHostApplicationBuilder AddClusterRuntime(this IHostApplicationBuilder builder, ClusterContext context)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(context);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort: FreePorts.Take(), gatewayPort: FreePorts.Take());
            silo.AddMemoryGrainStorage(StorageNames.Cluster);
            // Instances hold state that only they have: they end with their cluster, not for want of calls.
            silo.Configure<GrainCollectionOptions>(options => options.CollectionAge = TimeSpan.FromDays(1));
        });
        return builder;
    }
}
