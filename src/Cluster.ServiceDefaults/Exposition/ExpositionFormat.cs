using Microsoft.Net.Http.Headers;

namespace Cluster.ServiceDefaults.Exposition;

/// <summary>The two dialects of Prometheus exposition.</summary>
public enum ExpositionFormat
{
    /// <summary>Text 0.0.4: what every scraper reads.</summary>
    Text,
    /// <summary>OpenMetrics 1.0: also carries units and exemplars, ends with EOF.</summary>
    OpenMetrics,
}

/// <summary>Chooses the dialect by a scraper's Accept header.</summary>
public static class ExpositionFormats
{
    public static string ContentType(this ExpositionFormat format) => format == ExpositionFormat.OpenMetrics
        ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
        : "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>OpenMetrics only when it is asked for at least as much as text; a header that does not parse means text.</summary>
    public static ExpositionFormat Negotiate(IList<string?> accept)
    {
        if (!MediaTypeHeaderValue.TryParseList([.. accept.OfType<string>()], out var ranges)) return ExpositionFormat.Text;
        var (open, text) = (0.0, 0.0);
        foreach (var range in ranges)
        {
            var quality = range.Quality ?? 1;
            if (range.MediaType.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase)) open = Math.Max(open, quality);
            else if (range.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase)) text = Math.Max(text, quality);
        }

        return open > 0 && open >= text ? ExpositionFormat.OpenMetrics : ExpositionFormat.Text;
    }
}
