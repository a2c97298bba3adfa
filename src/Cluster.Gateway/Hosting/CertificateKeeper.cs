using System.Net.Security;
using System.Security.Cryptography;

namespace Cluster.Gateway.Hosting;

/// <summary>
/// The certificate in force. Its files are looked at when a client comes, at most once in <see cref="Interval"/>, by content
/// (mounted secrets change behind links that keep their dates): a renewed certificate serves the next connection, one that is
/// unfit is said so and the one before stays.
/// </summary>
internal sealed class CertificateKeeper(GatewayOptions options, TimeProvider clock, ILogger<CertificateKeeper> logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private SslStreamCertificateContext? _current;
    private byte[] _seen = [];
    private long _lookedAt;

    /// <summary>The leaf with its key and chain, for a handshake that begins now.</summary>
    /// <exception cref="InvalidOperationException">There has never been a sound one; options are validated before anything listens.</exception>
    public SslStreamCertificateContext Current()
    {
        lock (_gate)
        {
            if (_current is not null && clock.GetElapsedTime(_lookedAt) < Interval) return _current;
            _lookedAt = clock.GetTimestamp();
            var content = Fingerprint();
            if (!content.AsSpan().SequenceEqual(_seen)) Load(content);
            return _current ?? throw new InvalidOperationException("TLS is on, but no certificate could be read.");
        }
    }

    private void Load(byte[] content)
    {
        var problems = new List<string>();
        var loaded = TlsCertificate.Load(options, problems);
        _seen = content;
        if (loaded is null)
        {
            GatewayLog.CertificateKept(logger, string.Join(' ', problems));
            return;
        }

        // Offline: what is sent along is what the file holds, not what this host could fetch.
        var isRenewal = _current is not null;
        _current = SslStreamCertificateContext.Create(loaded.Leaf, loaded.Chain, offline: true);
        if (isRenewal) GatewayLog.CertificateRenewed(logger, loaded.Leaf.Subject, loaded.Leaf.NotAfter.ToUniversalTime());
    }

    /// <summary>Of both files; one that cannot be read now counts as empty, and <see cref="TlsCertificate.Load"/> says why.</summary>
    private byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in (string?[])[options.TlsCertificatePath, options.TlsKeyPath])
        {
            if (path is null) continue;
            try
            {
                hash.AppendData(File.ReadAllBytes(path));
            }
            catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
            {
                hash.AppendData([0]);
            }
        }

        return hash.GetHashAndReset();
    }
}
