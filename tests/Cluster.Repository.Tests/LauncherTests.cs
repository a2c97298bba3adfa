using System.Diagnostics;

namespace Cluster.Repository.Tests;

/// <summary><c>./xpyd</c>, which builds before it runs, with a stand-in for the SDK.</summary>
public sealed class LauncherTests : IDisposable
{
    /// <summary>Builds at once, and leaves a process behind as the SDK leaves its compiler server.</summary>
    private const string Sdk = """
        #!/usr/bin/env bash
        case "$1" in
            build)
                mkdir -p src/Cluster.Cli/bin/Release/net10.0
                : > src/Cluster.Cli/bin/Release/net10.0/xpyd.dll
                tail -f /dev/null < /dev/null > /dev/null 2>&1 &
                echo $! > server.pid
                ;;
            *.dll) echo "ran ${*:2}" ;;
        esac
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("xpyd-launcher").FullName;

    [Fact]
    public void A_compiler_that_outlives_a_build_does_not_hold_up_the_next()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Builds are queued by flock, of Linux.");
        Clone();

        Run("bash", "xpyd", "simulate", "mine.yaml").ShouldBe((0, "ran simulate mine.yaml"));

        using var server = Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(_root, "server.pid")), System.Globalization.CultureInfo.InvariantCulture));
        try
        {
            Run("flock", "--nonblock", "artifacts/xpyd.lock", "echo", "free").ShouldBe((0, "free"));
        }
        finally
        {
            server.Kill();
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Clone()
    {
        foreach (var folder in (string[])["src", "catalog", "build", "sdk"]) Directory.CreateDirectory(Path.Combine(_root, folder));
        foreach (var file in (string[])["xpyd", "Directory.Build.props", "Directory.Build.targets", "global.json", ".editorconfig"])
            File.Copy(Path.Combine(Repository.Root, file), Path.Combine(_root, file));
        var sdk = Path.Combine(_root, "sdk", "dotnet");
        File.WriteAllText(sdk, Sdk);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(sdk, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _root, RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{Path.Combine(_root, "sdk")}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
