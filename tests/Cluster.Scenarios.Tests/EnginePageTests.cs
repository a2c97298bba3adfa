using System.Text.RegularExpressions;
using Cluster.Engine.Autoscaling.Prediction;
using Cluster.Engine.Faults;
using Cluster.Engine.KvCache.Eviction;
using Cluster.Engine.Routing;
using Cluster.Engine.Scheduling;
using Cluster.Scenarios.Workloads;

namespace Cluster.Scenarios.Tests;

/// <summary>docs/engine.md leads from each behaviour to a scenario and a file: both must be there, and nothing left out.</summary>
public sealed partial class EnginePageTests
{
    private const int LongestFile = 300;
    private static readonly string s_page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "engine.md"));

    private static IEnumerable<(string Behaviour, string Scenarios, string Files)> Rows() =>
        s_page[..s_page.IndexOf("## Published", StringComparison.Ordinal)].Split('\n')
            .Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => l.Split('|')).Where(c => c.Length == 5 && c[3].Contains('`', StringComparison.Ordinal))
            .Select(c => (c[1].Trim(), c[2], c[3]));

    [Fact]
    public void Every_row_names_scenarios_and_variants_that_exist_and_short_files()
    {
        Rows().Count().ShouldBeGreaterThan(45);
        foreach (var (behaviour, scenarios, files) in Rows())
        {
            Scenario().IsMatch(scenarios).ShouldBeTrue(behaviour);
            foreach (Match match in Scenario().Matches(scenarios))
            {
                var result = ScenarioFile.Load(Path.Combine(Repository.Root, "scenarios", match.Groups[1].Value + ".yaml"), TestCatalog.Instance).OrThrow();
                foreach (var variant in match.Groups[2].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries))
                    result.Variants.Select(v => v.Variant.Name).ShouldContain(variant, behaviour);
            }

            foreach (Match match in Code().Matches(files))
            {
                var path = match.Groups[1].Value;
                path = Path.Combine(Repository.Root, path.StartsWith("src/", StringComparison.Ordinal) ? path : "src/Cluster.Engine/" + path);
                File.Exists(path).ShouldBeTrue(path);
                File.ReadLines(path).Count().ShouldBeLessThanOrEqualTo(LongestFile, path);
            }
        }
    }

    [Fact]
    public void Every_scenario_is_on_the_page_in_the_readme_and_run_by_a_test_of_its_effect()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "scenarios", "README.md"));
        var tests = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "Cluster.Simulator.Tests"), "*EffectTests.cs").Select(File.ReadAllText));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "scenarios"), "*.yaml").Select(Path.GetFileNameWithoutExtension))
        {
            s_page.ShouldContain($"`{file}`");
            readme.ShouldContain($"`{file}`");
            tests.ShouldContain($"\"{file}\"");
        }
    }

    [Fact]
    public void Every_policy_fault_and_trace_format_is_on_the_page()
    {
        string[] names =
        [
            .. Routers.Registry.All.Select(p => p.Name), .. Schedulers.Registry.All.Select(p => p.Name), .. Evictions.Registry.All.Select(p => p.Name),
            .. Predictors.Registry.All.Select(p => p.Name), .. FaultKinds.All.Select(k => k.Name), .. Enum.GetNames<TraceFormat>(),
        ];
        foreach (var name in names) s_page.ShouldContain(name, Case.Insensitive);
    }

    [GeneratedRegex(@"`([a-z0-9-]+)`(?: \(([^)]*)\))?")]
    private static partial Regex Scenario();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
