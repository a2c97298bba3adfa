using Microsoft.Playwright;

namespace Cluster.Browser.Tests;

/// <summary>One Chromium for all tests of a class. Skips them where it is not installed, fails them in CI.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] s_quiet =
        ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Root of the repository.</summary>
    public static string Repository { get; } = Root();

    /// <summary>Where screenshots are kept.</summary>
    public static string Screenshots { get; } = Path.Combine(Repository, "artifacts", "screenshots");

    public async ValueTask InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).SelectMany(f => new[] { Path.Combine(f, "chromium"), Path.Combine(f, "google-chrome") }).FirstOrDefault(File.Exists);
        if (path is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Args = s_quiet });
    }

    /// <summary>A page that collects its own errors.</summary>
    public async Task<Sheet> OpenAsync(int width, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        const string Missing = "chromium is not on PATH; install the package 'chromium' to run browser tests.";
        if (_browser is null && Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(Missing);
        Assert.SkipWhen(_browser is null, Missing);
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = scheme });
        context.SetDefaultTimeout(15_000);
        return new Sheet(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.CloseAsync();
        _playwright?.Dispose();
    }

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Cluster.sln"))) return folder.FullName;
        return AppContext.BaseDirectory;
    }
}

/// <summary>A page and the errors it reported.</summary>
public sealed class Sheet : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _errors = [];

    internal Sheet(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") _errors.Add(message.Text);
        };
    }

    public IPage Page { get; }

    public IReadOnlyList<string> Errors => _errors;

    public async Task ScreenshotAsync(string name, bool fullPage = true)
    {
        Directory.CreateDirectory(Chromium.Screenshots);
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Chromium.Screenshots, name + ".png"), FullPage = fullPage });
    }

    /// <summary>Pixels by which the page is wider than its window: more than 0 means sideways scrolling.</summary>
    public Task<int> OverflowAsync() => Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

    public async ValueTask DisposeAsync() => await _context.CloseAsync();
}
