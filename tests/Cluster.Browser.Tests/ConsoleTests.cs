using Cluster.Engine.Faults;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Cluster.Browser.Tests;

public sealed class ConsoleTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(768, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task It_loads_without_errors_shows_a_running_load_and_fits_the_window(int width, ColorScheme scheme)
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster());
        await using var sheet = await OpenAsync(host, width, scheme);
        await Expect(sheet.Page.Locator(".decisions details").Nth(4)).ToBeVisibleAsync();
        (await sheet.Page.Locator(".tile").CountAsync()).ShouldBe(4);
        (await sheet.Page.Locator(".chart:has(canvas)").CountAsync()).ShouldBe(5);
        (await sheet.Page.Locator("path.flow").CountAsync()).ShouldBeGreaterThan(0);
        (await sheet.Page.Locator("#status").InnerTextAsync()).ShouldStartWith("live");
        (await sheet.OverflowAsync()).ShouldBe(0);
        await sheet.ScreenshotAsync($"console-{width}-{scheme.ToString().ToLowerInvariant()}");
        sheet.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Scaling_a_pool_from_the_controls_changes_the_topology()
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster());
        await using var sheet = await OpenAsync(host, 1280);
        await sheet.Page.GetByLabel("Instances of decode").FillAsync("5");
        await sheet.Page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).Nth(1).ClickAsync();
        await Expect(sheet.Page.Locator(".tile")).ToHaveCountAsync(7);
        await Expect(sheet.Page.Locator("#said")).ToHaveTextAsync("Scale decode to 5: done.");
        sheet.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_crash_is_aimed_by_keyboard_shown_and_cleared()
    {
        var cluster = new DemoCluster();
        await using var host = await ConsoleHost.StartAsync(cluster);
        await using var sheet = await OpenAsync(host, 1280);
        await sheet.Page.Locator(".tile").Nth(2).FocusAsync();
        await sheet.Page.Keyboard.PressAsync("Enter");
        await sheet.Page.GetByRole(AriaRole.Button, new() { Name = "Inject" }).FocusAsync();
        await sheet.Page.Keyboard.PressAsync("Enter");
        await sheet.Page.WaitForSelectorAsync(".tile.failed");
        cluster.Faults.ShouldHaveSingleItem().Target.ShouldBe("decode-0");
        await Expect(sheet.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Failed: decode-0");
        await sheet.Page.GetByRole(AriaRole.Button, new() { Name = "Clear crash at decode-0" }).ClickAsync();
        await Expect(sheet.Page.Locator(".tile.failed")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_gateway_serves_metrics_beside_the_console()
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster());
        using var client = new HttpClient();
        (await client.GetStringAsync(new Uri(host.Url + "/metrics"))).ShouldContain("xpyd_host_saturation_ratio");
    }

    [Fact]
    public async Task A_routing_decision_opens_to_every_candidate_and_its_cost()
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster());
        await using var sheet = await OpenAsync(host, 1280);
        await sheet.Page.Locator(".decisions summary").First.ClickAsync();
        var table = sheet.Page.Locator(".decisions details[open] table");
        await Expect(table.Locator("tbody tr")).ToHaveCountAsync(4);
        (await table.Locator("tbody tr").First.InnerTextAsync()).ShouldContain("✓");
    }

    [Fact]
    public async Task It_says_whether_its_cluster_wins_and_why_and_which_hop_is_the_longest()
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster());
        await using var sheet = await OpenAsync(host, 1280);
        await Expect(sheet.Page.Locator("#verdict")).ToContainTextAsync("2P2D wins");
        await Expect(sheet.Page.Locator("#why li")).ToHaveCountAsync(2);
        // Two variants and the live cluster; the better of each figure stands out, a lead of under 2 % does not.
        await Expect(sheet.Page.Locator("#variants tbody tr")).ToHaveCountAsync(3);
        (await sheet.Page.Locator("#variants tbody tr").Nth(0).Locator(".best").CountAsync()).ShouldBe(4);
        await Expect(sheet.Page.Locator("#longest")).ToContainTextAsync("prefill takes 128 ms");
        await Expect(sheet.Page.Locator("#figures")).ToContainTextAsync("95 % meet the SLO");
    }

    [Fact]
    public async Task Every_kind_of_fault_asks_only_for_what_it_needs()
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster());
        await using var sheet = await OpenAsync(host, 1280);
        var (target, seconds) = (sheet.Page.GetByLabel("Target"), sheet.Page.GetByLabel("Emulated seconds"));
        await Expect(sheet.Page.GetByLabel("Kind").Locator("option")).ToHaveCountAsync(FaultKinds.All.Count);
        await sheet.Page.GetByLabel("Kind").SelectOptionAsync("slow");
        await Expect(sheet.Page.GetByLabel("step time ×")).ToBeVisibleAsync();
        await sheet.Page.GetByLabel("Kind").SelectOptionAsync("router_restart");
        await Expect(target).ToBeHiddenAsync();
        await Expect(seconds).ToBeHiddenAsync();
        await Expect(sheet.Page.Locator("#controls")).ToContainTextAsync("The router knows nothing of caches and load.");
    }

    [Fact]
    public async Task With_an_admin_token_the_controls_wait_for_it_and_the_page_asks_for_nothing_it_may_not()
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster(), adminToken: "s3cret");
        await using var sheet = await OpenAsync(host, 390);
        var inject = sheet.Page.GetByRole(AriaRole.Button, new() { Name = "Inject" });
        await Expect(sheet.Page.Locator("#said")).ToHaveTextAsync("Enter the admin token to use the controls.");
        await Expect(inject).ToBeDisabledAsync();
        sheet.Errors.ShouldBeEmpty();
        await sheet.Page.GetByLabel("Admin token").FillAsync("s3cret");
        await sheet.Page.Keyboard.PressAsync("Enter");
        await Expect(inject).ToBeEnabledAsync();
        await inject.ClickAsync();
        await Expect(sheet.Page.Locator("#said")).ToContainTextAsync("done");
    }

    [Fact]
    public async Task A_cluster_at_rest_has_no_empty_panel_and_says_what_it_waits_for()
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster { IsAtRest = true, Pending = ["comparison", "levers"] });
        await using var sheet = await OpenAsync(host, 390);
        await Expect(sheet.Page.Locator("#verdict")).ToContainTextAsync("beside each other in virtual time");
        await Expect(sheet.Page.Locator("#levers-note")).ToContainTextAsync("being tried");
        await Expect(sheet.Page.Locator("#walls")).ToContainTextAsync("prefill: idle no step in the last seconds");
        foreach (var chart in await sheet.Page.Locator(".chart").AllAsync())
            (await chart.EvaluateAsync<string>("e => e.firstChild ? 'drawn' : getComputedStyle(e, '::after').content")).Length.ShouldBeGreaterThan(4);
        await sheet.ScreenshotAsync("console-at-rest");
    }

    [Fact]
    public async Task A_console_left_open_through_a_restart_reconnects_by_itself()
    {
        var first = await ConsoleHost.StartAsync(new DemoCluster());
        await using var sheet = await OpenAsync(first, 1280);
        var port = new Uri(first.Url).Port;
        await first.DisposeAsync();
        await Expect(sheet.Page.Locator("#status")).ToContainTextAsync("lost");
        await using var second = await ConsoleHost.StartAsync(new DemoCluster(prefill: 3, decode: 3), port);
        await Expect(sheet.Page.Locator(".tile")).ToHaveCountAsync(6);
        await Expect(sheet.Page.Locator("#status")).ToContainTextAsync("live");
    }

    [Fact]
    public async Task Sixty_four_instances_are_drawn_and_updated_in_place()
    {
        await using var host = await ConsoleHost.StartAsync(new DemoCluster(prefill: 32, decode: 32) { LateShare = 0.2 });
        await using var sheet = await OpenAsync(host, 1280);
        await Expect(sheet.Page.Locator(".tile")).ToHaveCountAsync(64);
        await Expect(sheet.Page.Locator("path.flow").Nth(20)).ToBeAttachedAsync();
        await sheet.Page.EvaluateAsync("window.firstTile = document.querySelector('.tile')");
        var before = await sheet.Page.Locator("#status").InnerTextAsync();
        await Expect(sheet.Page.Locator("#status")).Not.ToHaveTextAsync(before);
        (await sheet.Page.EvaluateAsync<bool>("window.firstTile.isConnected")).ShouldBeTrue("tiles must be changed in place, not drawn anew");
        (await sheet.Page.GetByRole(AriaRole.Alert).InnerTextAsync()).ShouldContain("cannot keep up");
        await sheet.ScreenshotAsync("console-64");
        sheet.Errors.ShouldBeEmpty();
    }

    private async Task<Sheet> OpenAsync(ConsoleHost host, int width, ColorScheme scheme = ColorScheme.Light)
    {
        var sheet = await chromium.OpenAsync(width, scheme: scheme);
        await sheet.Page.GotoAsync(host.Url + "/");
        await sheet.Page.WaitForSelectorAsync("html[data-ready]");
        return sheet;
    }
}
