using Cluster.Gateway.Admin;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Hosting;

namespace Cluster.Gateway;

/// <summary>Builds the gateway, alone or inside another program.</summary>
public static class GatewayHost
{
    /// <summary>A web application ready to start.</summary>
    /// <param name="backend">Serves the requests; the caller disposes it.</param>
    /// <param name="admin">Fills <c>/admin/</c>; null: no such routes.</param>
    /// <param name="configure">For hosts with more to add: telemetry, silos.</param>
    /// <exception cref="ArgumentException">The options are unsound; the message lists all problems.</exception>
    public static WebApplication Build(
        GatewayOptions options, IInferenceBackend backend, IClusterAdmin? admin = null, Action<WebApplicationBuilder>? configure = null)
    {
        GatewayOptionsValidator.ThrowIfUnsound(options);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = typeof(GatewayHost).Assembly.GetName().Name });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // Who starts the host is told why it did not start; told here as well it would be a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // Standard output belongs to reports, and to programs that read them.
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.ConfigureKestrel(kestrel => KestrelSetup.Apply(kestrel, options));
        builder.WebHost.UseKestrelHttpsConfiguration();
        // A token is written to its socket by the thread that brings it: a hop to another thread would cost more than the write.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddGateway(options, backend, admin);
        configure?.Invoke(builder);
        var app = builder.Build();
        app.UseGateway();
        app.MapGateway();
        return app;
    }
}
