namespace Cluster.Gateway;

/// <summary>Everything about the HTTP surface that can be set. Validated whole by <see cref="GatewayOptionsValidator"/>.</summary>
public sealed record GatewayOptions
{
    /// <summary>Address to listen on; anything but loopback needs <see cref="AdminToken"/> before <c>/admin/</c> opens.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port for HTTP/1.1 (and HTTP/2 when TLS is on); 0: any free one.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Port for cleartext HTTP/2 with prior knowledge (h2c); null: none, 0: any free one.</summary>
    public int? Http2Port { get; init; }

    /// <summary>Turns TLS on: a PEM certificate, followed by its chain, or PKCS#12 (<c>.pfx</c>).</summary>
    public string? TlsCertificatePath { get; init; }

    /// <summary>PEM key of the certificate; null: it is in the certificate's file.</summary>
    public string? TlsKeyPath { get; init; }

    /// <summary>Opens an encrypted key or PKCS#12; null: neither is encrypted.</summary>
    public string? TlsKeyPassword { get; init; }

    /// <summary>Accepted bearer tokens; empty: no authentication, as in vLLM.</summary>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>Bearer token for <c>/admin/</c>; null: open on loopback, off elsewhere.</summary>
    public string? AdminToken { get; init; }

    /// <summary>Origins that browsers may call from; <c>*</c> for all, empty for none.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = ["*"];

    /// <summary>Largest request body, bytes.</summary>
    public long MaxRequestBodyBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>All request headers together, bytes.</summary>
    public int MaxRequestHeadersBytes { get; init; } = 32 * 1024;

    /// <summary>Generation requests in the gateway at once; more are answered 429.</summary>
    public int MaxConcurrentRequests { get; init; } = 16_384;

    /// <summary>Open connections; more are refused by closing them.</summary>
    public int MaxConnections { get; init; } = 32_768;

    /// <summary><c>n</c> times the number of prompts in one request.</summary>
    public int MaxSequencesPerRequest { get; init; } = 1024;

    /// <summary>Stop strings of one request.</summary>
    public int MaxStopStrings { get; init; } = 64;

    /// <summary>Characters of one stop string.</summary>
    public int MaxStopStringLength { get; init; } = 1024;

    /// <summary>Told to clients in <c>Retry-After</c> when the gateway itself is full.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long SIGTERM waits for running requests before it ends them.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A client must send its headers within this time, and after it its body at 240 bytes a second or more.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A client that has an answer to read may leave it unread for so long; from then on it must read 240 bytes a second, or is cut off.</summary>
    public TimeSpan SlowReaderTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Mean length of an answer that no limit cuts, in tokens (log-normal): used by chat requests without a limit, and
    /// by all that do not set <c>ignore_eos</c> if <see cref="EndsBeforeLimit"/> is set.
    /// </summary>
    public int NaturalOutputTokens { get; init; } = 256;

    /// <summary>
    /// False: an answer always has as many tokens as the limit allows, which makes benchmarks repeatable.
    /// True: it may end earlier by itself, as a real model does, unless <c>ignore_eos</c> is set.
    /// </summary>
    public bool EndsBeforeLimit { get; init; }

    /// <summary>Seed of everything the gateway invents.</summary>
    public ulong Seed { get; init; }
}
