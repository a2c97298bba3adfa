using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Cluster.Browser.Tests;

/// <summary>The command itself, from scenario to picture.</summary>
public sealed class SimulateReportTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Simulate_writes_a_report_and_a_timeline_and_figures_stay_the_same()
    {
        var folder = Directory.CreateTempSubdirectory("xpyd-simulate-").FullName;
        var (report, trace) = (Path.Combine(folder, "report.html"), Path.Combine(folder, "trace.json"));
        var plain = await SimulateAsync();
        var watched = await SimulateAsync("--report", report, "--timeline", trace);
        watched.ShouldBe(plain);

        await using var stream = File.OpenRead(trace);
        var events = (await JsonNode.ParseAsync(stream))!["traceEvents"]!.AsArray();
        events.Count(e => (string)e!["ph"]! == "X").ShouldBeGreaterThan(1_000);
        var processes = events.Where(e => (string)e!["name"]! == "process_name").Select(e => (string)e!["args"]!["name"]!);
        processes.ShouldBe(JsonNode.Parse(plain)!["variants"]!.AsArray().Select(v => (string)v!["name"]!));

        await using var sheet = await chromium.OpenAsync(1280);
        await sheet.Page.GotoAsync(new Uri(report).AbsoluteUri);
        await sheet.Page.WaitForSelectorAsync("html[data-ready]");
        (await sheet.Page.Locator(".chart:has(canvas)").CountAsync()).ShouldBe(11);
        await sheet.ScreenshotAsync("report-quickstart");
        sheet.Errors.ShouldBeEmpty();
    }

    private static async Task<string> SimulateAsync(params string[] more)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        var scenario = Path.Combine(Chromium.Repository, "scenarios", "quickstart.yaml");
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "xpyd.dll"), "simulate", scenario, "--json", .. more]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, await error);
        return await output;
    }
}
