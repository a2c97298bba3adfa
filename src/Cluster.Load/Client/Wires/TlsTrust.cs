using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Load.Client.Wires;

/// <summary>Which certificates of an https endpoint are accepted: the same for all that is sent to it.</summary>
internal static class TlsTrust
{
    public static SslClientAuthenticationOptions Of(LoadOptions options) => new()
    {
        RemoteCertificateValidationCallback = options.PinnedCertificate is { } pinned ? (_, shown, _, _) => shown is not null && pinned.RawDataMemory.Span.SequenceEqual(shown.GetRawCertData()) : null,
        CertificateChainPolicy = options.TrustedRoots is { } roots ? Trusting(roots) : null,
    };

    private static X509ChainPolicy Trusting(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }
}
