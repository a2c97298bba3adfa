using Cluster.Gateway;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Console;
using Cluster.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Cluster.Browser.Tests;

/// <summary>The real gateway with a pretended cluster behind its console.</summary>
internal sealed class ConsoleHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EchoBackend _backend;

    private ConsoleHost(WebApplication app, EchoBackend backend) => (_app, _backend) = (app, backend);

    public string Url => _app.Urls.First();

    public static async Task<ConsoleHost> StartAsync(DemoCluster cluster, int port = 0, string? adminToken = null)
    {
        var backend = new EchoBackend(new EchoOptions());
        var app = GatewayHost.Build(new GatewayOptions { Port = port, AdminToken = adminToken, DrainTimeout = TimeSpan.FromSeconds(1) }, backend, cluster, builder => builder.AddServiceDefaults().Services.AddSingleton<IClusterView>(cluster));
        await app.StartAsync();
        return new ConsoleHost(app, backend);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _backend.Dispose();
    }
}
