using Cluster.Gateway.Admin;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Endpoints;
using Cluster.Gateway.Hosting;
using Cluster.Gateway.Requests;

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
        services.AddSingleton<Admission>().AddSingleton<RequestPlanner>();
        services.AddSingleton<GenerationEndpoints>().AddSingleton<ServerEndpoints>();
        services.AddHostedService<DrainOnStop>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout + TimeSpan.FromSeconds(5));
        services.AddRoutingCore();
        return services;
    }

    /// <summary>Errors, headers and limits; before any endpoint.</summary>
    public static IApplicationBuilder UseGateway(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.UseMiddleware<ErrorMiddleware>().UseRouting();
    }

    public static IEndpointRouteBuilder MapGateway(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.ServiceProvider.GetRequiredService<GenerationEndpoints>().Map(routes);
        routes.ServiceProvider.GetRequiredService<ServerEndpoints>().Map(routes);
        return routes;
    }
}
