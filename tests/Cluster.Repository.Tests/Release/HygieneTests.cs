using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cluster.Repository.Tests.Release;

/// <summary>What the repository as a whole promises.</summary>
public sealed partial class HygieneTests
{
    private static readonly string[] s_texts = [".cs", ".md", ".yaml", ".yml", ".json", ".props", ".targets", ".csproj", ".sh", ".mjs", ".txt", ".tpl", ".sln"];

    [Fact]
    public void No_file_names_a_path_or_a_host_of_somebodys_machine() =>
        s_texts.SelectMany(Repository.Files).Append(".ci/run").Append("xpyd")
            .Where(file => MachinePath().IsMatch(Repository.Read(file)) && !file.EndsWith("HygieneTests.cs", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public void Commands_that_the_README_sends_newcomers_to_are_what_CI_runs()
    {
        var readme = Repository.Read("README.md");
        var ci = Repository.Read(".ci/run");
        readme.ShouldContain("./xpyd test");
        ci.ShouldContain("./xpyd test");
        foreach (var tool in (string[])["prometheus", "chromium", "libopenblas0"])
        {
            readme.ShouldContain($"`{tool}`");
            ci.ShouldContain(tool);
        }
    }

    [Fact]
    public void Every_figure_of_the_catalog_has_a_source()
    {
        var bare = new List<string>();
        foreach (var file in Repository.Files(".json").Where(f => f.StartsWith("catalog/", StringComparison.Ordinal) && f.Count(c => c == '/') == 2))
        {
            using var entry = JsonDocument.Parse(Repository.Read(file));
            var sources = entry.RootElement.GetProperty("sources").EnumerateObject().ToDictionary(s => s.Name, s => s.Value.GetString());
            bare.AddRange(entry.RootElement.EnumerateObject().Select(p => p.Name)
                .Where(name => name is not ("name" or "aliases" or "sources" or "derived_from"))
                .Where(name => string.IsNullOrWhiteSpace(sources.GetValueOrDefault(name) ?? sources.GetValueOrDefault("*")))
                .Select(name => $"{file}: {name}"));
        }

        bare.ShouldBeEmpty();
    }

    [Fact]
    public void Versions_are_semantic_and_the_changelog_has_a_place_for_the_next()
    {
        Repository.Property("Directory.Build.props", "Version").ShouldMatch(@"^\d+\.\d+\.\d+(-[\w.]+)?$");
        Repository.Read("CHANGELOG.md").ShouldContain("## Unreleased");
    }

    [Fact]
    public void CI_audits_lists_and_rebuilds_what_it_releases()
    {
        var ci = Repository.Read(".ci/run");
        foreach (var step in (string[])["build/audit.sh", "build/sbom.mjs", "build/reproducible.sh"])
        {
            ci.ShouldContain(step);
            File.Exists(Path.Combine(Repository.Root, step)).ShouldBeTrue();
        }
    }

    [Fact]
    public void Package_versions_are_exact() =>
        PackageVersion().Matches(Repository.Read("Directory.Packages.props")).Select(m => m.Groups["version"].Value)
            .ShouldAllBe(version => ExactVersion().IsMatch(version));

    [GeneratedRegex(@"(?<![\w./])/(work|home|root|Users)/\w|[A-Z]:\\Users\\")]
    private static partial Regex MachinePath();

    [GeneratedRegex("<PackageVersion [^>]*Version=\"(?<version>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex PackageVersion();

    [GeneratedRegex(@"^\d+(\.\d+){1,3}(-[\w.]+)?$")]
    private static partial Regex ExactVersion();
}
