using Cluster.ServiceDefaults.Recording;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>A real ASP.NET Core host on a real loopback socket that publishes metrics.</summary>
internal sealed class MetricsHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Hook _hook;

    private MetricsHost(WebApplication app, Hook hook)
    {
        (_app, _hook) = (app, hook);
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new HttpClient { BaseAddress = Url };
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    public ClusterMetrics Metrics => _app.Services.GetRequiredService<ClusterMetrics>();

    public static async Task<MetricsHost> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        var app = builder.Build();
        var hook = new Hook();
        app.Use((context, next) =>
        {
            hook.Run();
            return next(context);
        });
        app.MapMetrics();
        app.MapAlive();
        await app.StartAsync();
        return new MetricsHost(app, hook);
    }

    public async Task<string> ScrapeAsync(string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Does something before each scrape from now on.</summary>
    public void OnScrape(Action before) => _hook.Before = before;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class Hook
    {
        private readonly Lock _gate = new();

        public Action? Before { get; set; }

        public void Run()
        {
            lock (_gate) Before?.Invoke();
        }
    }
}
