using Cluster.Report;
using Microsoft.Playwright;

namespace Cluster.Browser.Tests;

public sealed class ReportPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    public async Task A_comparison_opens_from_a_file_draws_every_picture_and_fits_the_window(int width, ColorScheme scheme)
    {
        await using var sheet = await chromium.OpenAsync(width, scheme: scheme);
        await ShowAsync(sheet, ReportSamples.Compared);
        (await sheet.Page.Locator(".chart:has(canvas)").CountAsync()).ShouldBe(11);
        (await sheet.Page.Locator(".empty").AllInnerTextsAsync()).ShouldBe(["Not disaggregated: no KV crosses a link."]);
        (await sheet.OverflowAsync()).ShouldBe(0);
        await sheet.ScreenshotAsync($"report-{width}-{scheme.ToString().ToLowerInvariant()}");
        sheet.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_run_says_what_happened_instead_of_drawing_nothing()
    {
        await using var sheet = await chromium.OpenAsync(1280);
        await ShowAsync(sheet, ReportSamples.Empty);
        (await sheet.Page.GetByRole(AriaRole.Alert).InnerTextAsync()).ShouldContain("aborted before the cluster was ready");
        (await sheet.Page.Locator(".empty").InnerTextAsync()).ShouldContain("nothing was started");
        await sheet.ScreenshotAsync("report-empty");
        sheet.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_aborted_run_with_a_hostile_name_shows_its_table_and_why_pictures_are_missing()
    {
        await using var sheet = await chromium.OpenAsync(390);
        await ShowAsync(sheet, ReportSamples.NothingCompleted);
        (await sheet.Page.Locator("h1").InnerTextAsync()).ShouldBe("overload \"<b>&</script> · xpyd report");
        (await sheet.Page.Locator(".empty").CountAsync()).ShouldBeGreaterThan(5);
        (await sheet.Page.Locator("table").InnerTextAsync()).ShouldContain("Completed");
        await sheet.ScreenshotAsync("report-aborted");
        sheet.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_theme_button_turns_the_page_dark_by_keyboard()
    {
        await using var sheet = await chromium.OpenAsync(1280);
        await ShowAsync(sheet, ReportSamples.Compared);
        await sheet.Page.Keyboard.PressAsync("Tab");
        await sheet.Page.Keyboard.PressAsync("Enter");
        (await sheet.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")).ShouldBe("rgb(15, 21, 28)");
    }

    private static async Task ShowAsync(Sheet sheet, ReportModel model)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("xpyd-report-").FullName, "report.html");
        await using (var writer = new StreamWriter(file)) ReportWriter.Write(model, writer);
        await sheet.Page.GotoAsync(new Uri(file).AbsoluteUri);
        await sheet.Page.WaitForSelectorAsync("html[data-ready]");
    }
}
