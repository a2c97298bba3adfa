using Cluster.Engine.Topology;
using Cluster.Gateway.Console;
using Cluster.Gateway.Live;
using Cluster.Load;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Cluster.Browser.Tests;

/// <summary>The console before real grains that serve the quickstart: nothing in between is a stand-in.</summary>
public sealed class LiveConsoleTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task It_shows_a_live_cluster_at_work_and_a_control_changes_it()
    {
        var quickstart = ScenarioFile.Load(Path.Combine(Chromium.Repository, "scenarios/quickstart.yaml"), Catalog.Default).OrThrow().Variants[0];
        await using var cluster = await LiveCluster.StartAsync(quickstart.Cluster, new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = 4, Levers = OneLever });
        await using var sheet = await chromium.OpenAsync(1280);
        await sheet.Page.GotoAsync(cluster.Endpoint.ToString());
        using var stop = new CancellationTokenSource();
        var load = LoadDriver.RunAsync(cluster.Endpoint, quickstart.Workload, new LoadOptions { TimeScale = 4, SendOutputContent = true }, null, stop.Token);

        await Expect(sheet.Page.Locator(".tile")).ToHaveCountAsync(4);
        await Expect(sheet.Page.Locator(".decisions details").Nth(4)).ToBeVisibleAsync();
        await Expect(sheet.Page.Locator(".chart:has(canvas)")).ToHaveCountAsync(5);
        await Expect(sheet.Page.Locator("#links")).ToContainTextAsync("the busiest port");
        await Expect(sheet.Page.Locator("#walls")).ToContainTextAsync("prefill: compute");
        await Expect(sheet.Page.Locator("#walls")).ToContainTextAsync("decode: bandwidth");
        await Expect(sheet.Page.Locator("#levers")).ToContainTextAsync("int4-weights");
        await Expect(sheet.Page.Locator("path.flow").First).ToBeAttachedAsync();
        await sheet.ScreenshotAsync("console-live");

        await sheet.Page.GetByLabel("Instances of decode").FillAsync("3");
        await sheet.Page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).Nth(1).ClickAsync();
        await Expect(sheet.Page.Locator("#said")).ToHaveTextAsync("Scale decode to 3: done.");
        await Expect(sheet.Page.Locator(".tile")).ToHaveCountAsync(5);
        sheet.Errors.ShouldBeEmpty();

        await stop.CancelAsync();
        await load;
    }

    private static Task<IReadOnlyList<LeverView>> OneLever(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<LeverView>>([new LeverView("int4-weights", "bandwidth", "TPOT p99 −30 %", "prefill dequantises")]);
}
