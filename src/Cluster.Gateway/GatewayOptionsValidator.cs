using System.Net;
using Cluster.Gateway.Hosting;

namespace Cluster.Gateway;

/// <summary>Checks <see cref="GatewayOptions"/> whole; every problem is reported, each with what to do.</summary>
public static class GatewayOptionsValidator
{
    /// <returns>One line per problem; empty when the options are sound.</returns>
    public static IReadOnlyList<string> Problems(GatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = new List<string>();
        if (!IPAddress.TryParse(options.Host, out _) && options.Host != "localhost")
            problems.Add($"host: '{options.Host}' is not an IP address; use 127.0.0.1, [::1] or 0.0.0.0.");
        Port("port", options.Port);
        if (options.Http2Port is { } http2) Port("http2_port", http2);
        if (options.Http2Port == options.Port && options.Port != 0) problems.Add($"http2_port: {options.Port} is taken by port; choose another.");
        TlsCertificate.Load(options, problems)?.Leaf.Dispose();
        if (options.ApiKeys.Any(string.IsNullOrWhiteSpace)) problems.Add("api_keys: an empty key would let everybody in; remove it.");
        if (options.AdminToken is { } token && string.IsNullOrWhiteSpace(token)) problems.Add("admin_token: is empty; leave it out or set one.");
        AtLeast("max_request_body_bytes", options.MaxRequestBodyBytes, 1024);
        AtLeast("max_request_headers_bytes", options.MaxRequestHeadersBytes, 1024);
        AtLeast("max_concurrent_requests", options.MaxConcurrentRequests, 1);
        AtLeast("max_connections", options.MaxConnections, 1);
        AtLeast("max_sequences_per_request", options.MaxSequencesPerRequest, 1);
        AtLeast("max_stop_strings", options.MaxStopStrings, 1);
        AtLeast("max_stop_string_length", options.MaxStopStringLength, 1);
        AtLeast("natural_output_tokens", options.NaturalOutputTokens, 1);
        AtLeast("drain_timeout", (long)options.DrainTimeout.TotalSeconds, 0);
        AtLeast("request_headers_timeout", (long)options.RequestHeadersTimeout.TotalSeconds, 2);
        AtLeast("slow_reader_timeout", (long)options.SlowReaderTimeout.TotalSeconds, 2);
        return problems;

        void Port(string key, int port)
        {
            if (port is < 0 or > 65_535) problems.Add($"{key}: {port} is out of range; 0 (any free port) to 65535.");
        }

        void AtLeast(string key, long value, long minimum)
        {
            if (value < minimum) problems.Add($"{key}: {value} is too small; at least {minimum}.");
        }
    }

    /// <exception cref="ArgumentException">With all problems in its message.</exception>
    public static void ThrowIfUnsound(GatewayOptions options)
    {
        var problems = Problems(options);
        if (problems.Count > 0) throw new ArgumentException("The gateway cannot start:\n" + string.Join('\n', problems), nameof(options));
    }
}
