using System.Diagnostics;

namespace Cluster.Cli.Testing;

/// <summary>Builds and runs the test projects of a checkout, one after the other, so that none disturbs another's timing.</summary>
internal sealed class TestRun(string root, string? only, bool skipsFail)
{
    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan s_projectLimit = TimeSpan.FromMinutes(10);

    private readonly string _results = Path.Combine(root, "artifacts", "tests");
    private readonly List<string> _failures = [];

    /// <summary>Which tests failed and why, a line each: said once more at the end, since of a long log the end is what is kept.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public async Task<bool> BuildAsync(CancellationToken cancellation)
    {
        Console.Error.WriteLine("Building the solution …");
        var (exitCode, output) = await ChildProcess.RunAsync(
            root, s_buildLimit, "dotnet", ["build", "Cluster.sln", "-c", "Release", "-v", "quiet", "-nologo", "-nodeReuse:false"], cancellation);
        if (exitCode != 0)
        {
            Console.Out.WriteLine(output);
        }

        return exitCode == 0;
    }

    public async Task<TestCounts> RunAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(_results);
        var projects = Directory.GetFiles(Path.Combine(root, "tests"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .Where(name => only is null || name.Contains(only, StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .ToArray();
        if (projects.Length == 0)
        {
            Console.Out.WriteLine(only is null ? "There is no project under tests/." : $"No project under tests/ has '{only}' in its name.");
            return new(0, 1, 0);
        }

        var total = new TestCounts(0, 0, 0);
        foreach (var project in projects)
        {
            total += await RunProjectAsync(project, cancellation);
        }

        return total;
    }

    private async Task<TestCounts> RunProjectAsync(string project, CancellationToken cancellation)
    {
        var program = Path.Combine(root, "tests", project, "bin", "Release", "net10.0", project + ".dll");
        if (!File.Exists(program))
        {
            Console.Out.WriteLine($"{project}: not built. Is it in Cluster.sln?");
            return new(0, 1, 0);
        }

        var resultFile = Path.Combine(_results, project + ".xml");
        File.Delete(resultFile);
        var began = Stopwatch.GetTimestamp();
        var (exitCode, output) = await ChildProcess.RunAsync(
            Path.GetDirectoryName(program)!, s_projectLimit, "dotnet",
            [program, "-xml", resultFile, "-noColor", "-noLogo", .. skipsFail ? ["-failSkips"] : Array.Empty<string>()], cancellation);
        var counts = TestCounts.Read(resultFile, exitCode);
        await File.WriteAllTextAsync(Path.Combine(_results, project + ".log"), output, cancellation);
        if (counts.Failed > 0)
        {
            Console.Out.WriteLine(output);
            var failures = TestCounts.Failures(resultFile);
            _failures.AddRange(failures.Count > 0 ? failures : [$"{project} ended with {exitCode} before it could say which test failed"]);
        }

        Console.Out.WriteLine($"{project}: {counts} in {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s");
        return counts;
    }
}
