using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Cluster.Cli.Tests;

/// <summary><c>xpyd up</c> as a process: what it is told by flags, and how it goes.</summary>
public sealed class UpTests
{
    private static readonly string s_quickstart = Path.Combine(Repository.Root, "scenarios", "quickstart.yaml");

    [Fact]
    public async Task With_a_certificate_it_serves_https_and_by_SIGTERM_it_finishes_what_runs()
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-up-").FullName;
        using var certificate = SelfSigned(folder);
        using var up = await StartAsync("up", s_quickstart, "--port", "0", "--set", "time.compute=modeled", "--tls-certificate", Path.Combine(folder, "both.pem"));
        try
        {
            using var handler = new SocketsHttpHandler();
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(certificate);
            using var http = new HttpClient(handler) { BaseAddress = up.Address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            up.Address.Scheme.ShouldBe("https");
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/completions")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = JsonContent.Create(new { prompt = "x", max_tokens = 60, ignore_eos = true, stream = true, stream_options = new { include_usage = true } }),
            };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Version.ShouldBe(HttpVersion.Version20);
            (await Xpyd.RunAsync("health", up.Address.ToString())).ExitCode.ShouldBe(0);

            using (var signal = Process.Start("kill", ["-TERM", $"{up.Process.Id}"])) await signal.WaitForExitAsync();
            (await response.Content.ReadAsStringAsync()).ShouldContain("\"completion_tokens\":60");
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            await up.Process.WaitForExitAsync(limit.Token);
            up.Process.ExitCode.ShouldBe(0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_certificate_that_nobody_would_accept_is_refused_before_anything_starts()
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-up-").FullName;
        try
        {
            SelfSigned(folder, lastsDays: -1).Dispose();
            var result = await Xpyd.RunAsync("up", s_quickstart, "--port", "0", "--tls-certificate", Path.Combine(folder, "both.pem"));
            result.ExitCode.ShouldBe(2);
            result.Error.ShouldContain("--tls-certificate:");
            result.Error.ShouldContain("expired on");
            result = await Xpyd.RunInAsync(new() { ["XPYD_TLS_CERTIFICATE"] = "nowhere.pem", ["XPYD_TLS_KEY"] = "nowhere.key" }, "up", s_quickstart, "--port", "0");
            result.ExitCode.ShouldBe(2);
            result.Error.ShouldContain("no file at 'nowhere.pem'");
            result.Error.ShouldContain("no file at 'nowhere.key'");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static X509Certificate2 SelfSigned(string folder, double lastsDays = 1)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(lastsDays));
        File.WriteAllText(Path.Combine(folder, "both.pem"), certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        return certificate;
    }

    private static async Task<Running> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "xpyd.dll"), .. arguments]) { RedirectStandardError = true, WorkingDirectory = Repository.Root };
        var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var said = new List<string>();
        while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            said.Add(line);
            if (Regex.Match(line, "is up on (https?://[^ ]+)") is not { Success: true } match) continue;
            // What else it says must not fill the pipe.
            _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
            return new Running(process, new Uri(match.Groups[1].Value));
        }

        throw new InvalidOperationException($"It never came up:\n{string.Join('\n', said)}");
    }

    private sealed record Running(Process Process, Uri Address) : IDisposable
    {
        public void Dispose()
        {
            if (!Process.HasExited) Process.Kill();
            Process.Dispose();
        }
    }
}
