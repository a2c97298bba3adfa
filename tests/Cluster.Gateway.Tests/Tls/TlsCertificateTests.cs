using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cluster.Engine.Requests;
using Cluster.Load;

namespace Cluster.Gateway.Tests.Tls;

public sealed class TlsCertificateTests : IDisposable
{
    private const string Password = "opens it";
    private readonly Certificates _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("pair")]
    [InlineData("one file")]
    [InlineData("encrypted")]
    [InlineData("pkcs12")]
    public async Task Every_form_of_a_certificate_serves_both_versions_of_HTTP_with_its_chain(string form)
    {
        using var leaf = _files.Issue(Certificates.Key);
        var chain = leaf.ExportCertificatePem() + "\n" + _files.Root.ExportCertificatePem();
        var pem = Certificates.Key.ExportPkcs8PrivateKeyPem();
        var encrypted = Certificates.Key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        var options = form switch
        {
            "pair" => new GatewayOptions { TlsCertificatePath = _files.Write("c.pem", chain), TlsKeyPath = _files.Write("k.pem", pem) },
            "one file" => new GatewayOptions { TlsCertificatePath = _files.Write("both.pem", chain + "\n" + pem) },
            "encrypted" => new GatewayOptions { TlsCertificatePath = _files.Write("c.pem", chain), TlsKeyPath = _files.Write("k.pem", encrypted), TlsKeyPassword = Password },
            _ => new GatewayOptions { TlsCertificatePath = _files.Write("c.pfx", new X509Certificate2Collection { leaf, _files.Root }.Export(X509ContentType.Pkcs12, Password)!), TlsKeyPassword = Password },
        };
        await using var gateway = await TestGateway.StartAsync(options: options);
        gateway.Address.Scheme.ShouldBe("https");

        var sent = 0;
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, seen, _) =>
        {
            sent = seen!.ChainPolicy.ExtraStore.Count;
            return seen.ChainElements[0].Certificate.Subject == "CN=localhost";
        };
        using var client = new HttpClient(handler) { BaseAddress = gateway.Address };
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "v1/models") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await client.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Version.ShouldBe(version);
        }

        sent.ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task The_load_generator_drives_an_https_endpoint_whose_root_it_is_given()
    {
        using var leaf = _files.Issue(Certificates.Key);
        await using var gateway = await TestGateway.StartAsync(options: new GatewayOptions
        {
            TlsCertificatePath = _files.Write("both.pem", leaf.ExportCertificatePem() + "\n" + Certificates.Key.ExportPkcs8PrivateKeyPem()),
        });
        var workload = new Workload.OpenLoop(Enumerable.Range(0, 8).Select(i => new RequestSpec(i, 0, 4, 5, TokenContent.Unique((ulong)i, 9))));

        var trusting = await LoadDriver.RunAsync(gateway.Address, workload, new LoadOptions { TrustedRoots = [_files.Root] }, null, default);
        trusting.Records.Select(r => (r.Outcome, r.OutputTokens)).Distinct().ShouldBe([(LoadOutcome.Completed, 5)]);

        var pinned = await LoadDriver.RunAsync(gateway.Address, workload, new LoadOptions { PinnedCertificate = leaf }, null, default);
        pinned.Records.Select(r => r.Outcome).Distinct().ShouldBe([LoadOutcome.Completed]);
        var deceived = await LoadDriver.RunAsync(gateway.Address, workload, new LoadOptions { PinnedCertificate = _files.Root }, null, default);
        deceived.Records.Select(r => r.Outcome).Distinct().ShouldBe([LoadOutcome.Failed]);

        var wary = await LoadDriver.RunAsync(gateway.Address, workload, new LoadOptions(), null, default);
        wary.Records.ShouldAllBe(r => r.Outcome == LoadOutcome.Failed && r.Error!.Contains("certificate"));
    }

    [Theory]
    [InlineData("expired", "expired on")]
    [InlineData("early", "is valid only from")]
    [InlineData("keyless", "holds no private key")]
    [InlineData("other key", "is not the key of")]
    [InlineData("locked", "XPYD_TLS_PASSWORD")]
    [InlineData("garbage", "neither as PEM nor as PKCS#12")]
    [InlineData("missing", "no file at")]
    [InlineData("folder", "cannot be read")]
    [InlineData("key alone", "a key needs its certificate")]
    public void What_clients_would_refuse_is_refused_at_the_start(string what, string said)
    {
        using var leaf = what switch { "expired" => _files.Issue(Certificates.Key, -2, -1), "early" => _files.Issue(Certificates.Key, 1, 2), _ => _files.Issue(Certificates.Key) };
        var (certificate, key) = (_files.Write("c.pem", leaf.ExportCertificatePem()), _files.Write("k.pem", Certificates.Key.ExportPkcs8PrivateKeyPem()));
        var options = what switch
        {
            "keyless" => new GatewayOptions { TlsCertificatePath = certificate },
            "other key" => new GatewayOptions { TlsCertificatePath = certificate, TlsKeyPath = _files.Write("o.pem", Certificates.OtherKey.ExportPkcs8PrivateKeyPem()) },
            "locked" => new GatewayOptions { TlsCertificatePath = _files.Write("c.pfx", leaf.Export(X509ContentType.Pkcs12, Password)) },
            "garbage" => new GatewayOptions { TlsCertificatePath = _files.Write("c.pem", Encoding.UTF8.GetBytes("not a certificate")), TlsKeyPath = key },
            "missing" => new GatewayOptions { TlsCertificatePath = certificate + ".gone", TlsKeyPath = key },
            "folder" => new GatewayOptions { TlsCertificatePath = Path.GetDirectoryName(certificate), TlsKeyPath = key },
            "key alone" => new GatewayOptions { TlsKeyPath = key },
            _ => new GatewayOptions { TlsCertificatePath = certificate, TlsKeyPath = key },
        };
        GatewayOptionsValidator.Problems(options).ShouldHaveSingleItem().ShouldContain(said);
    }

    [Fact]
    public void Certificates_that_are_sound_are_no_problem()
    {
        using var leaf = _files.Issue(Certificates.Key);
        GatewayOptionsValidator.Problems(new GatewayOptions
        {
            TlsCertificatePath = _files.Write("c.pem", leaf.ExportCertificatePem()),
            TlsKeyPath = _files.Write("k.pem", Certificates.Key.ExportPkcs8PrivateKeyPem()),
        }).ShouldBeEmpty();
    }
}
