using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Xml.Linq;

namespace Cluster.Cli.Testing;

/// <summary>One thing that a host has or lacks.</summary>
/// <param name="Meaning">What the lack means and what to do; empty when nothing is lacking.</param>
internal sealed record HostFinding(string Name, string State, bool IsFine, string Meaning = "");

/// <summary>Looks at the host as the product needs it.</summary>
internal static class HostFindings
{
    private static readonly TimeSpan s_probeLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_engineLimit = TimeSpan.FromSeconds(10);

    public static async Task<IReadOnlyList<HostFinding>> CollectAsync(string? root, CancellationToken cancellation) =>
    [
        new(".NET", RuntimeInformation.FrameworkDescription, true),
        new("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}", true),
        Cores(),
        Memory(),
        Simd(),
        Runtime(),
        .. await PackagesAsync(root, cancellation),
        Folder(root),
        Port(8000),
        Tool("chromium", "The browser tests need it (Debian: apt-get install chromium)."),
        Tool("prometheus", "The scrape tests need it (Debian: apt-get install prometheus)."),
        Tool("npm", "The first build fetches tokenizer vocabularies with it; without them the gateway counts bytes as tokens."),
        await EngineAsync(cancellation),
    ];

    private static HostFinding Cores() => new(
        "cores", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), Environment.ProcessorCount >= 2,
        Environment.ProcessorCount >= 2 ? "" : "One core must share clients, gateway and matrix products: use time.scale below 1.");

    private static HostFinding Memory()
    {
        var gib = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        return new("memory", $"{gib:F1} GiB", gib >= 4, gib >= 4 ? "" : "Builds and live runs want 4 GiB.");
    }

    private static HostFinding Simd()
    {
        var best = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "none";
        return new("vector units", best, best != "none", best != "none" ? "" : "Matrix products run on scalar code: use time.compute paced or modeled.");
    }

    private static HostFinding Runtime()
    {
        var isLocal = File.Exists(Path.Combine(AppContext.BaseDirectory, "Cluster.LocalRuntime.dll"));
        return isLocal
            ? new("grain runtime", "Cluster.LocalRuntime", true, "One process. More than one silo needs a build with the Microsoft Orleans packages.")
            : new("grain runtime", "Microsoft Orleans", true);
    }

    private static async Task<IReadOnlyList<HostFinding>> PackagesAsync(string? root, CancellationToken cancellation)
    {
        if (root is null)
        {
            return [];
        }

        var (exitCode, output) = await ChildProcess.RunAsync(
            root, s_probeLimit, "dotnet",
            ["msbuild", Path.Combine(root, "build", "Features.targets"), "-nologo", "-v:quiet", "-nodeReuse:false", "-p:ForceProbe=true"], cancellation);
        var file = Path.Combine(root, "artifacts", "Features.props");
        if (exitCode != 0 || !File.Exists(file))
        {
            return [new("packages", "not known", false, $"The probe failed: {output.Trim()}")];
        }

        var features = XDocument.Load(file);
        HostFinding Package(string name, string property, string meaning)
        {
            var isThere = features.Descendants(property).Any(element => element.Value == "true");
            return new(name, isThere ? "restores" : "does not restore here", isThere, isThere ? "" : meaning);
        }

        return
        [
            Package("Microsoft Orleans", "OrleansAvailable", "The live cluster runs in one process, on Cluster.LocalRuntime."),
            Package("Aspire", "AspireAvailable", "Cluster.AppHost only says so; ./xpyd up starts the cluster."),
        ];
    }

    private static HostFinding Folder(string? root)
    {
        var folder = root is null ? Path.GetTempPath() : Path.Combine(root, "artifacts");
        try
        {
            Directory.CreateDirectory(folder);
            using var probe = File.Create(Path.Combine(folder, Path.GetRandomFileName()), 1, FileOptions.DeleteOnClose);
            return new("writable folder", folder, true);
        }
        catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
        {
            return new("writable folder", folder, false, refusal.Message);
        }
    }

    private static HostFinding Port(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return new("port", $"{port} is free", true);
        }
        catch (SocketException)
        {
            return new("port", $"{port} is taken", false, "xpyd up --port takes another one.");
        }
    }

    /// <summary>Installed is not running: the engine is asked.</summary>
    private static async Task<HostFinding> EngineAsync(CancellationToken cancellation)
    {
        const string Meaning = "deploy/compose.yaml needs a container engine; ./xpyd up does not.";
        var docker = Tool("docker", Meaning);
        if (!docker.IsFine) return docker;
        var (exitCode, _) = await ChildProcess.RunAsync(Path.GetTempPath(), s_engineLimit, docker.State, ["version"], cancellation);
        return exitCode == 0 ? docker : new("docker", $"{docker.State}, no engine answers", false, $"Start it: {Meaning}");
    }

    private static HostFinding Tool(string name, string meaning)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var found = folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(path => File.Exists(path) || File.Exists(path + ".exe"));
        return new(name, found ?? "not found", found is not null, found is null ? meaning : "");
    }
}
