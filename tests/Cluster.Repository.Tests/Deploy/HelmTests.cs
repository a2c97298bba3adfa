using System.Diagnostics;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>Helm itself, where it is installed: what it makes of the chart is what the tests without it look at.</summary>
public sealed class HelmTests
{
    private const string Chart = "deploy/helm/xpyd";

    [Fact]
    public async Task Helm_finds_nothing_to_complain_about() => (await Helm("lint", Chart, "--strict")).ShouldContain("0 chart(s) failed");

    [Theory]
    [InlineData]
    [InlineData("secretName=keys", "podMonitor.enabled=true", "autoscaling.enabled=true")]
    public async Task Helm_renders_what_our_own_renderer_renders(params string[] settings)
    {
        var rendered = await Helm(["template", "mine", Chart, .. settings.SelectMany(s => (string[])["--set", s])]);
        var values = ChartTests.Values();
        foreach (var setting in settings.Select(s => s.Split('=')))
        {
            var path = setting[0].Split('.');
            var map = path.Length == 1 ? values : (IDictionary<object, object>)values[path[0]];
            map[path[^1]] = setting[1];
        }

        foreach (var document in Documents(rendered))
        {
            var template = document.Split("# Source: xpyd/templates/", 2)[1].Split('\n')[0].Trim();
            Yaml.Write(Sorted(Yaml.Parse(document.TrimEnd() + "\n"))).ShouldBe(Yaml.Write(Sorted(ChartTests.Rendered(template, values))), template);
        }
    }

    [Fact]
    public async Task A_value_that_the_chart_does_not_know_is_refused()
    {
        var (exitCode, output) = await Run("template", "mine", Chart, "--set", "replica=2");
        exitCode.ShouldNotBe(0);
        output.ShouldContain("replica");
    }

    /// <summary>Helm writes the keys of a value in the order of the alphabet, we in the order of values.yaml.</summary>
    private static object? Sorted(object? node) => node switch
    {
        IDictionary<object, object> map => new SortedDictionary<string, object?>(map.ToDictionary(entry => (string)entry.Key, entry => Sorted(entry.Value)), StringComparer.Ordinal),
        IList<object> list => list.Select(Sorted).ToList(),
        _ => node,
    };

    private static IEnumerable<string> Documents(string rendered) => rendered.Split("\n---\n").Select(d => d.TrimStart('-', '\n')).Where(d => d.Contains("kind:", StringComparison.Ordinal));

    private static async Task<string> Helm(params string[] arguments)
    {
        var (exitCode, output) = await Run(arguments);
        exitCode.ShouldBe(0, output);
        return output;
    }

    private static async Task<(int ExitCode, string Output)> Run(params string[] arguments)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "helm")));
        Assert.SkipUnless(found, "helm is not installed.");
        var start = new ProcessStartInfo("helm", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Repository.Root };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }
}
