using System.Security.Cryptography;
using Cluster.Gateway.Admin;
using Cluster.Report;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Cluster.Gateway.Console;

/// <summary>The web console at the gateway's root: static files, a snapshot, and a stream of snapshots.</summary>
public static class ConsoleEndpoints
{
    private static readonly Dictionary<string, string> s_shared = new(StringComparer.Ordinal)
    {
        ["echarts.js"] = "echarts/echarts.custom.min.js",
        ["charts.js"] = "charts.js",
        ["words.js"] = "words.js",
        ["theme.css"] = "theme.css",
    };

    private static readonly string[] s_own = ["console.html", "console.css", "console.js", "explain.js", "topology.js", "controls.js"];

    /// <summary>Maps <c>/</c> and <c>/console/…</c> when an <see cref="IClusterView"/> is registered; otherwise nothing.</summary>
    public static IEndpointRouteBuilder MapConsole(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var services = routes.ServiceProvider;
        if (services.GetService<IClusterView>() is not { } view) return routes;
        var feed = new ConsoleFeed(view, services.GetService<TimeProvider>() ?? TimeProvider.System);
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStopped.Register(feed.Dispose);
        var files = s_own.ToDictionary(name => name, name => File.Read(name, typeof(ConsoleEndpoints).Assembly.GetManifestResourceStream("console/" + name)!), StringComparer.Ordinal);
        foreach (var (name, asset) in s_shared) files[name] = File.Read(name, ReportWriter.OpenAsset(asset));

        routes.MapGet("/", http => SendAsync(http, files["console.html"]));
        foreach (var (name, file) in files) routes.MapGet("/console/" + name, http => SendAsync(http, file));
        var about = ConsoleAbout.Json(services.GetService<GatewayOptions>(), services.GetService<IClusterAdmin>() is not null);
        routes.MapGet("/console/about", http => SendJsonAsync(http, about));
        routes.MapGet("/console/snapshot", http => SendJsonAsync(http, feed.Now()));
        routes.MapGet("/console/events", http => StreamAsync(http, feed, lifetime.ApplicationStopping));
        return routes;
    }

    private static async Task SendAsync(HttpContext http, File file)
    {
        var headers = http.Response.GetTypedHeaders();
        headers.ETag = file.Tag;
        headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        http.Response.Headers.ContentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (http.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Compare(file.Tag, useStrongComparison: false)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = file.ContentType;
        http.Response.ContentLength = file.Bytes.Length;
        await http.Response.Body.WriteAsync(file.Bytes, http.RequestAborted);
    }

    private static async Task SendJsonAsync(HttpContext http, byte[] json)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.Body.WriteAsync(json, http.RequestAborted);
    }

    private static async Task StreamAsync(HttpContext http, ConsoleFeed feed, CancellationToken stopping)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        try
        {
            await http.Response.Body.WriteAsync("retry: 1000\n\n"u8.ToArray(), ended.Token);
            await foreach (var snapshot in feed.ListenAsync(ended.Token))
            {
                await http.Response.Body.WriteAsync("data: "u8.ToArray(), ended.Token);
                await http.Response.Body.WriteAsync(snapshot, ended.Token);
                await http.Response.Body.WriteAsync("\n\n"u8.ToArray(), ended.Token);
                await http.Response.Body.FlushAsync(ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The console was closed, or the gateway stops: it will connect again by itself.
        }
    }

    private sealed record File(byte[] Bytes, string ContentType, EntityTagHeaderValue Tag)
    {
        public static File Read(string name, Stream stream)
        {
            using var memory = new MemoryStream();
            using (stream) stream.CopyTo(memory);
            var bytes = memory.ToArray();
            var type = Path.GetExtension(name) switch { ".html" => "text/html", ".css" => "text/css", _ => "text/javascript" };
            return new File(bytes, type + "; charset=utf-8", new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\""));
        }
    }
}
