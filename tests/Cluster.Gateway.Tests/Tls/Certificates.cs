using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Gateway.Tests.Tls;

/// <summary>Certificates for 127.0.0.1 in a folder of their own, which goes with them.</summary>
internal sealed class Certificates : IDisposable
{
    // A key takes a core for tenths of a second, which tests beside these would wait for: one of each does.
    private static readonly RSA s_rootKey = RSA.Create(2048);
    private readonly string _folder = Directory.CreateTempSubdirectory("xpyd-tls-").FullName;

    public Certificates()
    {
        var request = new CertificateRequest("CN=test root", s_rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-3), DateTimeOffset.UtcNow.AddYears(3));
        RootPath = Write("root.pem", Root.ExportCertificatePem());
    }

    /// <summary>The key that the tests' leaves are issued for, and one that is not theirs.</summary>
    public static RSA Key { get; } = RSA.Create(2048);

    public static RSA OtherKey { get; } = RSA.Create(2048);

    public X509Certificate2 Root { get; }

    public string RootPath { get; }

    /// <summary>Issued by <see cref="Root"/>, by default valid from yesterday to tomorrow.</summary>
    public X509Certificate2 Issue(RSA key, double fromDays = -1, double toDays = 1)
    {
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        using var bare = request.Create(Root, now.AddDays(fromDays), now.AddDays(toDays), RandomNumberGenerator.GetBytes(8));
        return bare.CopyWithPrivateKey(key);
    }

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose()
    {
        Root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
