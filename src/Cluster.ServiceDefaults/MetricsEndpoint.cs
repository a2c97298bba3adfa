using Cluster.ServiceDefaults.Exposition;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cluster.ServiceDefaults;

/// <summary>Prometheus exposition over HTTP.</summary>
public static class MetricsEndpoint
{
    private const int ChunkBytes = 64 * 1024;

    /// <summary>
    /// Serves this process's metrics, in OpenMetrics or text by the Accept header. Needs <c>AddServiceDefaults</c>.
    /// </summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints, string pattern = "/metrics")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var scraper = endpoints.ServiceProvider.GetRequiredService<ClusterTelemetry>().Scraper;
        return endpoints.MapGet(pattern, context => ServeAsync(context, scraper)).ExcludeFromDescription();
    }

    private static async Task ServeAsync(HttpContext context, Scraper scraper)
    {
        var gone = context.RequestAborted;
        try
        {
            var format = ExpositionFormats.Negotiate(context.Request.Headers.Accept);
            using var rendering = await scraper.ScrapeAsync(format, gone);
            var body = rendering.Buffer.Written;
            context.Response.ContentType = format.ContentType();
            context.Response.ContentLength = body.Length;
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.Vary = "Accept";
            for (var sent = 0; sent < body.Length; sent += ChunkBytes)
                await context.Response.Body.WriteAsync(body.Slice(sent, Math.Min(ChunkBytes, body.Length - sent)), gone);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The scraper hung up: nobody is left to tell.
        }
    }
}
