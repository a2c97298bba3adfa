using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans;

namespace Cluster.LocalRuntime;

public static class LocalRuntimeServices
{
    /// <summary>
    /// Runs the grains of <paramref name="assemblies"/> in this process. Grains take their <see cref="TimeProvider"/>
    /// from the key <c>Orleans.Grains</c> or the default registration.
    /// </summary>
    public static IServiceCollection AddLocalRuntime(
        this IServiceCollection services, LocalRuntimeOptions options, params Assembly[] assemblies)
    {
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new LocalRuntimeCore(provider, options, assemblies));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<LocalRuntimeCore>());
        services.AddSingleton<IClusterClient>(provider => provider.GetRequiredService<LocalRuntimeCore>().Factory);
        services.AddSingleton<IGrainFactory>(provider => provider.GetRequiredService<IClusterClient>());
        return services;
    }
}
