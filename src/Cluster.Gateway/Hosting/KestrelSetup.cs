using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cluster.Gateway.Hosting;

/// <summary>Limits and listeners.</summary>
internal static class KestrelSetup
{
    private const int SlowestBytesPerSecond = 240;

    public static void Apply(KestrelServerOptions kestrel, GatewayOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
        limits.MaxRequestHeadersTotalSize = options.MaxRequestHeadersBytes;
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(SlowestBytesPerSecond, options.RequestHeadersTimeout);
        limits.MinResponseDataRate = new MinDataRate(SlowestBytesPerSecond, options.SlowReaderTimeout);
        limits.Http2.MaxStreamsPerConnection = 1024;
        var address = options.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(options.Host);
        var certificate = TlsCertificate.Load(options, []);
        kestrel.Listen(address, options.Port, listen =>
        {
            // Without TLS nothing negotiates the version, and HTTP/1.1 is what clients start with.
            listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (certificate is not null) listen.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (certificate.Leaf, certificate.Chain));
        });
        if (options.Http2Port is { } http2) kestrel.Listen(address, http2, listen => listen.Protocols = HttpProtocols.Http2);
    }
}
