using Cluster.LocalRuntime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cluster.Grains.Hosting;

/// <summary>Hosts the grains on the runtime this build was compiled against: here the one-process runtime.</summary>
public static class ClusterRuntime
{
    /// <summary>Named in banners and by <c>xpyd doctor</c>.</summary>
    public const string Name = "Cluster.LocalRuntime (one process; Microsoft Orleans was not available to this build)";

    /// <summary>Runs the grains of one cluster in this process.</summary>
    public static IHostApplicationBuilder AddClusterRuntime(this IHostApplicationBuilder builder, ClusterContext context)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(context);
        builder.Services.AddLocalRuntime(new LocalRuntimeOptions { CollectionAge = TimeSpan.FromDays(1) }, typeof(ClusterRuntime).Assembly);
        return builder;
    }
}
