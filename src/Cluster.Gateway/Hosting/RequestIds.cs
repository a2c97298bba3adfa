using Cluster.Engine.Units;
using Cluster.Gateway.Requests;

namespace Cluster.Gateway.Hosting;

/// <summary>Request and session ids from headers.</summary>
internal static class RequestIds
{
    public const string RequestIdHeader = "X-Request-Id";
    public const string SessionIdHeader = "X-Session-Id";

    private const int MaxLength = 128;

    private static readonly object s_key = new();
    private static readonly ulong s_process = (ulong)Environment.ProcessId ^ (ulong)System.Diagnostics.Stopwatch.GetTimestamp();
    private static long s_last;

    /// <summary>The client's id when it is printable and short, otherwise one of ours; the same for the whole request.</summary>
    public static string Of(HttpContext http)
    {
        if (http.Items.TryGetValue(s_key, out var known)) return (string)known!;
        var given = http.Request.Headers[RequestIdHeader].ToString();
        var id = IsSound(given) ? given : Next();
        http.Items[s_key] = id;
        return id;
    }

    /// <summary>Null without the header.</summary>
    public static string? TraceHeader(HttpContext http, string name)
    {
        var given = http.Request.Headers[name].ToString();
        return given.Length == 0 ? null : given;
    }

    /// <summary>0 without the header.</summary>
    public static ulong SessionOf(HttpContext http)
    {
        var given = http.Request.Headers[SessionIdHeader].ToString();
        return given.Length == 0 ? 0 : Math.Max(1, RequestPlanner.HashOf(given));
    }

    private static bool IsSound(string id) =>
        id.Length is > 0 and <= MaxLength && id.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 && id.AsSpan().IndexOfAny('"', '\\') < 0;

    private static string Next()
    {
        var n = (ulong)Interlocked.Increment(ref s_last);
        return $"{Hashing.Mix(s_process, n):x16}{n:x8}";
    }
}
