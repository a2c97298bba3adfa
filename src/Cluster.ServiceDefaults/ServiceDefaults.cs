using Cluster.ServiceDefaults.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Cluster.ServiceDefaults;

/// <summary>What every host of the product has: metrics, traces, health. One call.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>
    /// Adds <see cref="ClusterMetrics"/> to record into, OpenTelemetry metrics and traces, OTLP export when
    /// OTEL_EXPORTER_OTLP_ENDPOINT is configured, and health checks. Map <c>/metrics</c> with <c>MapMetrics</c>.
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder, Action<ServiceDefaultsOptions>? configure = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new ServiceDefaultsOptions();
        configure?.Invoke(options);
        options.ReadFrom(builder.Configuration);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(_ => new ClusterMetrics(MeterNames.Take()));
        builder.Services.AddSingleton<ClusterTelemetry>();
        builder.Services.AddHostedService<TelemetryStart>();
        builder.Services.AddHealthChecks();
        return builder;
    }

    /// <summary>Serves <c>/alive</c>: the process answers. Readiness is the host's own affair.</summary>
    public static IEndpointConventionBuilder MapAlive(this IEndpointRouteBuilder endpoints, string pattern = "/alive") =>
        endpoints.MapHealthChecks(pattern);

    /// <summary>Builds the providers before anything is recorded, not at the first scrape, and says what was traced before the host leaves, which may be cut short.</summary>
    private sealed class TelemetryStart(IServiceProvider services, IHostApplicationLifetime lifetime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            lifetime.ApplicationStopping.Register(services.GetRequiredService<ClusterTelemetry>().FlushTraces);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
