using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

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
        var isSecure = options.TlsCertificatePath is not null;
        kestrel.Listen(address, options.Port, listen =>
        {
            // Without TLS nothing negotiates the version, and HTTP/1.1 is what clients start with.
            listen.Protocols = isSecure ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
            if (isSecure) listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = Handshake(kestrel.ApplicationServices.GetRequiredService<CertificateKeeper>()) });
        });
        if (options.Http2Port is { } http2) kestrel.Listen(address, http2, listen => listen.Protocols = HttpProtocols.Http2);
    }
    private static Func<TlsHandshakeCallbackContext, ValueTask<SslServerAuthenticationOptions>> Handshake(CertificateKeeper certificates)
    {
        // Read before the port opens: a problem shows now, and no client waits for it.
        certificates.Current();
        return _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificates.Current(),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        });
    }
}
