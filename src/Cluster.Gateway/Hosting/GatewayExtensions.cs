using Cluster.Gateway.Admin;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Console;
using Cluster.Gateway.Endpoints;
using Cluster.Gateway.Hosting;
using Cluster.Gateway.Requests;
using Cluster.ServiceDefaults;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Cluster.Gateway;

/// <summary>The gateway in three calls, for hosts that build their own application.</summary>
public static class GatewayExtensions
{
    public static IServiceCollection AddGateway(
        this IServiceCollection services, GatewayOptions options, IInferenceBackend backend, IClusterAdmin? admin = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton(options).AddSingleton(backend);
        if (admin is not null) services.AddSingleton(admin);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Admission>().AddSingleton<RequestPlanner>().AddSingleton<CertificateKeeper>();
        services.AddSingleton<GenerationEndpoints>().AddSingleton<StoredResponseEndpoints>().AddSingleton<ServerEndpoints>().AddSingleton<TokenEndpoints>().AddSingleton<AdminEndpoints>();
        services.AddCors(cors => cors.AddDefaultPolicy(policy => Allow(policy, options)));
        services.AddHostedService<Warmup>().AddHostedService<DrainOnStop>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout + TimeSpan.FromSeconds(5));
        services.AddRoutingCore();
        return services;
    }

    /// <summary>Errors, headers and limits; before any endpoint.</summary>
    public static IApplicationBuilder UseGateway(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app
            .UseMiddleware<ErrorMiddleware>()
            .UseWhen(http => !http.Request.Path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase), open => open.UseCors())
            .UseMiddleware<AccessMiddleware>()
            .UseRouting();
    }

    public static IEndpointRouteBuilder MapGateway(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.ServiceProvider.GetRequiredService<GenerationEndpoints>().Map(routes);
        routes.ServiceProvider.GetRequiredService<StoredResponseEndpoints>().Map(routes);
        routes.ServiceProvider.GetRequiredService<ServerEndpoints>().Map(routes);
        routes.ServiceProvider.GetRequiredService<TokenEndpoints>().Map(routes);
        routes.ServiceProvider.GetRequiredService<AdminEndpoints>().Map(routes);
        routes.MapConsole();
        if (routes.ServiceProvider.GetService<ServiceDefaultsOptions>() is not null) routes.MapMetrics();
        return routes;
    }

    private static void Allow(CorsPolicyBuilder policy, GatewayOptions options)
    {
        if (options.AllowedOrigins.Contains("*")) policy.AllowAnyOrigin();
        else policy.WithOrigins([.. options.AllowedOrigins]);
        policy.AllowAnyHeader().AllowAnyMethod().WithExposedHeaders(RequestIds.RequestIdHeader, "Retry-After");
    }
}
