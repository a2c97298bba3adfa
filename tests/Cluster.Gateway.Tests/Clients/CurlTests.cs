using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.Clients;

/// <summary>Transcripts of a shell: each command is run by the real curl, and answers what the transcript says.</summary>
public sealed partial class CurlTests
{
    public static TheoryData<string> Transcripts => [.. Directory.GetFiles(Folder(), "*.txt").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Transcripts))]
    public async Task A_transcript_replays_word_for_word(string file)
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-curl-").FullName;
        try
        {
            var (certificate, key) = SelfSigned(folder);
            var isSecure = file.Contains("tls", StringComparison.Ordinal);
            var options = new GatewayOptions
            {
                ApiKeys = file.Contains("key", StringComparison.Ordinal) ? ["secret"] : [],
                TlsCertificatePath = isSecure ? certificate : null,
                TlsKeyPath = isSecure ? key : null,
                Http2Port = isSecure ? null : 0,
            };
            var echo = new EchoOptions { PrefixCache = true, MaxRunning = file.Contains("overload", StringComparison.Ordinal) ? 0 : int.MaxValue };
            await using var gateway = await TestGateway.StartAsync(echo, options);
            var transcript = await File.ReadAllTextAsync(Path.Combine(Folder(), file));
            var replay = await ReplayAsync(transcript, gateway, certificate, folder);
            if (Environment.GetEnvironmentVariable("XPYD_UPDATE") == "1") await File.WriteAllTextAsync(Path.Combine(Folder(), file), replay);
            replay.ShouldBe(transcript);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Lines after <c>$ </c> are commands, those after <c># </c> remarks, all others answers.</summary>
    private static async Task<string> ReplayAsync(string transcript, TestGateway gateway, string certificate, string folder)
    {
        var said = new List<string>();
        foreach (var line in transcript.Split('\n'))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal)) said.Add(line);
            if (!line.StartsWith("$ ", StringComparison.Ordinal)) continue;
            said.Add(line);
            said.Add(Normal(await ShellAsync(line[2..], gateway, certificate, folder)));
        }

        return string.Join('\n', said).TrimEnd('\n') + "\n";
    }

    private static async Task<string> ShellAsync(string command, TestGateway gateway, string certificate, string folder)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        start.Environment["URL"] = gateway.Address.GetLeftPart(UriPartial.Authority);
        start.Environment["H2URL"] = gateway.App.Urls.Last();
        start.Environment["CERT"] = certificate;
        start.Environment["no_proxy"] = "*";
        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return string.Concat(output).Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>What differs from run to run by its nature.</summary>
    private static string Normal(string answer)
    {
        answer = Ids().Replace(answer, "$1…");
        answer = Created().Replace(answer, "\"$1\":0");
        answer = Dates().Replace(answer, "Date: …");
        return RequestIdHeaders().Replace(answer, "X-Request-Id: …").TrimEnd('\n');
    }

    private static (string Certificate, string Key) SelfSigned(string folder)
    {
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var (pem, key) = (Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
        File.WriteAllText(pem, certificate.ExportCertificatePem());
        File.WriteAllText(key, rsa.ExportPkcs8PrivateKeyPem());
        return (pem, key);
    }

    private static string Folder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "curl");

    [GeneratedRegex("((?:cmpl|chatcmpl|modelperm)-|(?:resp|msg)_)[0-9a-f]+")]
    private static partial Regex Ids();

    [GeneratedRegex("\"(created|created_at)\":\\s*[0-9]+")]
    private static partial Regex Created();

    [GeneratedRegex("(?i)date: [^\n]+")]
    private static partial Regex Dates();

    [GeneratedRegex("(?i)x-request-id: [0-9a-f]{24}")]
    private static partial Regex RequestIdHeaders();
}
