using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Cluster.Cli.Live;
using Cluster.Cli.Scenarios;

namespace Cluster.Cli.Tests;

/// <summary>What a host or a user gets wrong ends in one sentence that says what to do, never in a stack trace.</summary>
public sealed class BadInputTests
{
    private static readonly string s_quickstart = Path.Combine(Repository.Root, "scenarios", "quickstart.yaml");

    [Fact]
    public async Task A_port_in_use_is_refused_with_a_free_one_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var result = await Xpyd.RunAsync("up", s_quickstart, "--port", $"{port}");

        result.ExitCode.ShouldBe(2, result.Error);
        Sentence(result.Error).ShouldContain($"--port {port}: another program");
        result.Error.ShouldContain("is free: --port ");
    }

    [Fact]
    public async Task Of_two_clusters_started_at_once_on_one_port_one_comes_up_and_the_other_says_why_not()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = $"{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        using var first = Xpyd.Start("up", s_quickstart, "--port", port, "--set", "time.compute=modeled");
        using var second = Xpyd.Start("up", s_quickstart, "--port", port, "--set", "time.compute=modeled");
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            var ended = await Task.WhenAny(first.WaitForExitAsync(limit.Token), second.WaitForExitAsync(limit.Token));
            await ended;
            var (lost, won) = first.HasExited ? (first, second) : (second, first);
            var said = await lost.StandardError.ReadToEndAsync(limit.Token);
            lost.ExitCode.ShouldBe(2, said);
            Sentence(said).ShouldStartWith($"--port {port}: another program");
            (await won.StandardError.ReadLineAsync(limit.Token))!.ShouldContain("is up on");
        }
        finally
        {
            foreach (var process in (System.Diagnostics.Process[])[first, second])
                if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public async Task Of_two_that_bound_one_port_before_either_listened_the_second_says_why_not()
    {
        using var first = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var second = new Socket(SocketType.Stream, ProtocolType.Tcp);
        first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)first.LocalEndPoint!).Port;
        second.Bind(first.LocalEndPoint);
        first.Listen();
        var address = new ListenAddress();
        var command = new Command("up");
        address.AddTo(command);

        var refused = await Should.ThrowAsync<UsageException>(address.ListenAsync(command.Parse(["--port", $"{port}"]), Listen));

        refused.Message.ShouldStartWith($"--port {port}: another program");

        Task<Socket> Listen()
        {
            second.Listen();
            return Task.FromResult(second);
        }
    }

    [Theory]
    [InlineData("catalog", "show", "h100-sx", "Did you mean 'h100-sxm'?")]
    [InlineData("validate", "nowhere.csv", "--json", "nowhere.csv: no such file.")]
    [InlineData("validate", "/", "--json", "/: it is a folder")]
    [InlineData("simulate", "nowhere.yaml", "--json", "nowhere.yaml: There is no such file.")]
    [InlineData("run", "quickstart", "--json", "Did you mean 'scenarios/quickstart.yaml'?")]
    [InlineData("catalog", "fit", "--data=/nowhere", "no kernels/ folder")]
    [InlineData("lessons", "kv-aware-routin", "--json", "kv-aware-routing")]
    public async Task What_is_not_there_is_named(string first, string second, string third, string said)
    {
        var result = await Xpyd.RunAsync(first, second, third);
        result.ExitCode.ShouldBe(2, result.Error);
        Sentence(result.Error).ShouldContain(said);
    }

    [Theory]
    [InlineData("topology.decode.instances=9000", "9,002 instances, and one process on this host has room for")]
    [InlineData("topology.decode.instances=0", "topology.decode.instances")]
    [InlineData("time.scale=0", "0.01 … 100")]
    [InlineData("time.scale=101", "0.01 … 100")]
    public async Task A_cluster_that_this_host_cannot_carry_is_refused_before_it_begins(string setting, string said)
    {
        var result = await Xpyd.RunAsync("up", s_quickstart, "--port", "0", "--set", setting);
        result.ExitCode.ShouldBe(2, result.Output);
        result.Error.ShouldContain(said);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_named()
    {
        // Of a live run this is said before the minute that it takes.
        foreach (var command in (string[])["simulate", "run"])
        {
            var result = await Xpyd.RunAsync(command, s_quickstart, "--report", "/proc/report.html");
            result.ExitCode.ShouldBe(2, result.Output);
            Sentence(result.Error).ShouldStartWith("Cannot write '/proc/report.html'");
        }
    }

    [Fact]
    public async Task A_disk_that_is_full_leaves_no_half_of_a_report()
    {
        var result = await Xpyd.RunAsync("simulate", s_quickstart, "--requests", "5", "--report", "/dev/full");
        result.ExitCode.ShouldBe(1, result.Output);
        Sentence(result.Error).ShouldStartWith("No space left on device");
    }

    [Fact]
    public async Task A_catalog_folder_of_the_user_that_is_missing_is_named()
    {
        var result = await Xpyd.RunInAsync(new() { ["XPYD_CATALOG"] = "/nowhere" }, "simulate", s_quickstart);
        result.ExitCode.ShouldBe(2, result.Output);
        Sentence(result.Error).ShouldContain("XPYD_CATALOG");
    }

    [Fact]
    public async Task A_home_that_cannot_be_written_is_no_matter()
    {
        var result = await Xpyd.RunInAsync(new() { ["HOME"] = "/proc/nowhere" }, "simulate", s_quickstart, "--requests", "5", "--json");
        result.ExitCode.ShouldBe(0, result.Error);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_said_in_a_sentence()
    {
        var result = await Xpyd.RunAsync("load", "http://127.0.0.1:9", "--rate", "100/s", "--requests", "2");
        result.ExitCode.ShouldNotBe(0, result.Output);
        Sentence(result.Error).ShouldContain("nothing was sent");
        result.Output.ShouldNotContain("TTFT", customMessage: "No failure turns into a zero.");
    }

    [Fact]
    public async Task Without_a_fitting_SDK_the_launcher_says_which_there_are()
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-sdk ").FullName;
        try
        {
            File.Copy(Path.Combine(Repository.Root, "xpyd"), Path.Combine(folder, "xpyd"));
            await File.WriteAllTextAsync(Path.Combine(folder, "global.json"), """{ "sdk": { "version": "99.0.100" } }""", TestContext.Current.CancellationToken);
            var result = await Xpyd.RunProgramAsync("bash", [], Path.Combine(folder, "xpyd"), "--version");
            result.ExitCode.ShouldBe(69);
            result.Error.ShouldStartWith("xpyd needs the .NET SDK 10: https://dot.net. Installed: 10.");
            result.Error.Trim().Split('\n').ShouldHaveSingleItem();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("error NU1301: Unable to load the service index", "did not restore")]
    [InlineData("error NETSDK1045: The current .NET SDK does not support", "needs the .NET SDK 10")]
    [InlineData("error MSB3021: Read-only file system", "cannot be written")]
    [InlineData("error CS0016: Could not write to output file: No space left on device", "make room")]
    [InlineData("error CS1002: ; expected", "the errors are above")]
    public async Task A_build_that_fails_says_what_to_do_about_it(string printed, string said)
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-build-").FullName;
        try
        {
            foreach (var inner in (string[])["src", "catalog", "build"]) Directory.CreateDirectory(Path.Combine(folder, inner));
            foreach (var file in (string[])["xpyd", "global.json", ".editorconfig", "Directory.Build.props"])
                File.Copy(Path.Combine(Repository.Root, file), Path.Combine(folder, file));
            await File.WriteAllTextAsync(Path.Combine(folder, "dotnet"), $"#!/usr/bin/env bash\n[[ $1 == build ]] && {{ echo '{printed}'; exit 1; }}\necho 9.0.100\n", TestContext.Current.CancellationToken);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(folder, "dotnet"), (UnixFileMode)Convert.ToInt32("755", 8));

            var result = await Xpyd.RunProgramAsync("bash", new() { ["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}" }, Path.Combine(folder, "xpyd"), "--version");

            result.ExitCode.ShouldBe(70);
            result.Error.TrimEnd().Split('\n')[^1].ShouldContain(said);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Without_dotnet_the_launcher_says_what_is_needed()
    {
        var result = await Xpyd.RunProgramAsync("/bin/bash", new() { ["PATH"] = "/nowhere" }, "-c", $"cd '{Repository.Root}' && root=$PWD && eval \"$(/bin/sed -n '/^build() {{/,/^}}/p' xpyd)\" && build");
        result.ExitCode.ShouldBe(69, result.Error);
        result.Error.ShouldContain("https://dot.net");
    }

    [Fact]
    public async Task Without_a_container_engine_the_doctor_says_what_still_works()
    {
        var dotnet = Path.GetDirectoryName(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "/usr/bin/dotnet")!;
        var folder = Directory.CreateTempSubdirectory("xpyd-path-").FullName;
        var result = await Xpyd.RunProgramAsync(Path.Combine(Which("dotnet") ?? dotnet), new() { ["PATH"] = folder, ["XPYD_ROOT"] = "" }, Path.Combine(AppContext.BaseDirectory, "xpyd.dll"), "doctor", "--json");
        Directory.Delete(folder);
        result.Output.ShouldContain("deploy/compose.yaml needs a container engine; ./xpyd up does not.");
    }

    private static string? Which(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>The whole of standard error, which must not be a stack trace.</summary>
    private static string Sentence(string error)
    {
        error.ShouldNotContain("   at ");
        error.ShouldNotContain("Unhandled exception");
        return error;
    }
}
