using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Cluster.Cli.Tests;

/// <summary>Ctrl-C ends every command soon, with a word, with 130, and with nothing half-done.</summary>
public sealed class InterruptionTests
{
    [Fact]
    public async Task A_live_run_ends_when_it_is_interrupted()
    {
        using var process = Xpyd.Start("run", "scenarios/quickstart.yaml", "--requests", "600", "--set", "time.compute=modeled");
        (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken))!.ShouldStartWith("2P2D: ");
        await InterruptAsync(process);
        (await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
        (await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldEndWith("Interrupted.\n");
    }

    [Fact]
    public async Task A_load_ends_when_it_is_interrupted()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var process = Xpyd.Start("load", $"http://{silent.LocalEndpoint}", "--rate", "1/s", "--requests", "1000");
        using (var health = await silent.AcceptSocketAsync(TestContext.Current.CancellationToken))
            await health.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var asked = await silent.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await InterruptAsync(process);
    }

    [Fact]
    public async Task A_simulation_ends_when_it_is_interrupted_and_leaves_no_report()
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-interrupted-").FullName;
        try
        {
            var (report, timeline) = (Path.Combine(folder, "report.html"), Path.Combine(folder, "trace.json"));
            using var process = Xpyd.Start("simulate", "bench/scenarios/hundred-thousand-gpus.yaml", "--report", report, "--timeline", timeline);
            // The timeline is opened when the run begins.
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (!File.Exists(timeline)) await Task.Delay(10, limit.Token);
            await InterruptAsync(process);
            (await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldEndWith("Interrupted.\n");
            Directory.GetFiles(folder).ShouldBe([timeline]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>By SIGTERM, which is heard as Ctrl-C is: who starts the tests may have SIGINT ignored.</summary>
    private static async Task InterruptAsync(Process process)
    {
        using (var signal = Process.Start("kill", ["-TERM", $"{process.Id}"])) await signal.WaitForExitAsync(TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            Assert.Fail("It went on for a minute after it was told to stop.");
        }

        process.ExitCode.ShouldBe(130);
    }
}
