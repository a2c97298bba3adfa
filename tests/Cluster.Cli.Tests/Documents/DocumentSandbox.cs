using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Cluster.Cli.Tests.Documents;

/// <summary>
/// A folder that looks like a checkout to the commands of a document: its scenarios, and an <c>xpyd</c> that is the program under
/// test. Live runs are shortened to a few requests and compute nothing beside their steps, and ports 8000, 8001 and 9090 are replaced by free ones; nothing else differs.
/// </summary>
internal sealed class DocumentSandbox : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);
    private static readonly string[] s_copied = ["scenarios", "dashboards", "deploy", "docs", "catalog", "bench"];

    private readonly string _folder = Directory.CreateTempSubdirectory("xpyd-doc-").FullName;
    private readonly Dictionary<string, string> _ports = new() { ["8000"] = FreePort(), ["8001"] = FreePort(), ["9090"] = FreePort() };
    private readonly Dictionary<string, (Process Process, Task<string> Error)> _servers = [];

    public DocumentSandbox()
    {
        foreach (var name in s_copied.Where(name => Directory.Exists(Path.Combine(Repository.Root, name))))
            Copy(Path.Combine(Repository.Root, name), Path.Combine(_folder, name));
        File.WriteAllText(Path.Combine(_folder, "xpyd"), Launcher());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(_folder, "xpyd"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Write(string name, string text) =>
        File.WriteAllText(Path.Combine(_folder, name), _ports.Aggregate(text, (t, port) => t.Replace("localhost:" + port.Key, "localhost:" + port.Value, StringComparison.Ordinal)) + "\n");

    /// <summary>Runs a block to its end.</summary>
    public async Task<(int ExitCode, string Output, string Error)> RunAsync(string script)
    {
        using var process = Start(script);
        using var limit = new CancellationTokenSource(s_limit);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (124, "", $"not done after {s_limit.TotalSeconds:F0} s");
        }
    }

    /// <summary>Starts a block that stays up, and returns when its gateway answers. A server that had the port before is ended.</summary>
    /// <param name="port">As the document writes it.</param>
    /// <param name="ready">The path that answers once it is up.</param>
    public async Task ServeAsync(string script, string port, string ready)
    {
        await StopServerAsync(port);
        var process = Start("exec " + script);
        _servers[port] = (process, process.StandardError.ReadToEndAsync());
        using var client = new HttpClient();
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            if (process.HasExited) throw new InvalidOperationException($"The server ended at once: {await _servers[port].Error}");
            try
            {
                using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{_ports[port]}{ready}"));
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(began) < s_limit)
            {
                await Task.Delay(50);
            }
        }
    }

    /// <summary>Ends all servers as an operator does, by SIGTERM (who starts the tests may have SIGINT ignored); each must go quietly.</summary>
    public async Task StopServersAsync()
    {
        foreach (var port in _servers.Keys.ToArray()) await StopServerAsync(port);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (process, _) in _servers.Values)
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
        await Task.CompletedTask;
    }

    private async Task StopServerAsync(string port)
    {
        if (!_servers.Remove(port, out var server)) return;
        using var process = server.Process;
        using (var signal = Process.Start("kill", ["-TERM", $"{process.Id}"])) await signal.WaitForExitAsync();
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"A server of port {port} did not end within {s_limit.TotalSeconds:0} s of SIGTERM.");
        }

        process.ExitCode.ShouldBe(0, await server.Error);
    }

    private Process Start(string script)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", _ports.Aggregate(script, (text, port) => text.Replace(port.Key, port.Value, StringComparison.Ordinal))])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_folder}:{start.Environment["PATH"]}";
        start.Environment.Remove("XPYD_ROOT");
        // As ./xpyd does: quick code at once matters more to a short command than the best code later.
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }

    private string Launcher() => $$"""
        #!/usr/bin/env bash
        more=()
        if [[ "$1" == run && " $* " != *" --requests "* ]]; then more=(--requests 8 --rate 40/s --set time.compute=modeled); fi
        if [[ "$1" == up && " $* " != *" time.compute="* ]]; then more=(--set time.compute=modeled); fi
        if [[ "$1" == up && " $* " != *" --port "* ]]; then more+=(--port {{_ports["8000"]}}); fi
        if [[ "$1" == admin && " $* " != *" --url "* ]]; then more=(--url http://127.0.0.1:{{_ports["8000"]}}); fi
        exec dotnet "{{Path.Combine(AppContext.BaseDirectory, "xpyd.dll")}}" "$@" "${more[@]}"
        """;

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var inner in Directory.GetDirectories(from)) Copy(inner, Path.Combine(to, Path.GetFileName(inner)));
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
