using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Cluster.Repository.Tests.Release;

/// <summary>Packages that ship, and their licences, as the packages themselves state them. XPYD_UPDATE=1 writes the page anew.</summary>
public sealed partial class NoticesTests
{
    private const string Document = "THIRD-PARTY-NOTICES.md";
    private static readonly string[] s_programs = ["Cluster.Cli", "Cluster.Silo", "Cluster.Gateway"];
    private static readonly string[] s_welcome = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MS-PL OR Apache-2.0", "PostgreSQL"];

    /// <summary>Licences that packages state as a file or an address, looked up by hand.</summary>
    private static readonly Dictionary<string, string> s_lookedUp = new() { ["MathNet.Numerics"] = "MIT" };

    [Fact]
    public void Every_package_that_ships_is_listed_with_a_licence_that_is_welcome()
    {
        var packages = Shipped();
        Assert.SkipWhen(packages.Count == 0, "No program under src/ has been restored.");
        Assert.SkipWhen(packages.Any(p => p.Id.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal)), "Restored with Microsoft Orleans; the page lists what ships without.");
        if (Environment.GetEnvironmentVariable("XPYD_UPDATE") == "1") File.WriteAllText(Path.Combine(Repository.Root, Document), Render(packages));
        var listed = Row().Matches(Repository.Read(Document)).ToDictionary(m => m.Groups["id"].Value, m => m.Groups["licence"].Value.Trim());
        foreach (var package in packages)
            listed.GetValueOrDefault(package.Id).ShouldBe(package.Licence, $"{Document}: {package.Id} {package.Version}. XPYD_UPDATE=1 writes the page anew.");
        listed.Values.Where(licence => !s_welcome.Contains(licence)).ShouldBeEmpty();
    }

    private static string Render(IEnumerable<Package> packages)
    {
        var text = new StringBuilder("""
            # Third-party notices

            xpyd is under the MIT licence (LICENSE). It ships these packages; their licences are as they state them. Generated from what
            restores, by the tests; do not edit. Where Microsoft Orleans restores, it and what it
            depends on ship too (`node build/sbom.mjs` lists them).

            | package | version | licence | by |
            |---|---|---|---|

            """);
        foreach (var p in packages) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {p.Id} | {p.Version} | {p.Licence} | {p.Authors} |\n");
        text.Append("""

            Not packages:

            - Apache ECharts, a build with the charts that reports use, in `src/Cluster.Report/Assets/echarts` with its LICENSE and NOTICE: Apache-2.0.
            - The vocabularies cl100k and o200k, fetched at build time from the npm package tiktoken 1.0.22: MIT.
            - `scenarios/traces/azure-conv-sample.csv`, from Azure/AzurePublicDataset: CC-BY 4.0, © Microsoft.
            - Figures in `catalog/` derived from measurements of ai-dynamo/aiconfigurator (Apache-2.0) and others; each names its source.

            """);
        return text.ToString();
    }

    private static List<Package> Shipped() =>
    [
        .. s_programs.Select(p => Path.Combine(Repository.Root, "src", p, "obj", "project.assets.json")).Where(File.Exists)
            .SelectMany(Read).DistinctBy(p => p.Id)
            .OrderBy(p => p.Id, StringComparer.Ordinal),
    ];

    private static IEnumerable<Package> Read(string assets)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(assets));
        var root = document.RootElement;
        var folders = root.GetProperty("packageFolders").EnumerateObject().Select(f => f.Name).ToList();
        // Analyzers and other build-time packages are libraries of no target.
        var used = root.GetProperty("targets").EnumerateObject().SelectMany(t => t.Value.EnumerateObject())
            .Where(l => l.Value.TryGetProperty("runtime", out _)).Select(l => l.Name).ToHashSet();
        foreach (var library in root.GetProperty("libraries").EnumerateObject().Where(l => l.Value.GetProperty("type").GetString() == "package" && used.Contains(l.Name)))
        {
            var (id, version) = (library.Name.Split('/')[0], library.Name.Split('/')[1]);
            var nuspec = folders.Select(f => Path.Combine(f, id.ToLowerInvariant(), version.ToLowerInvariant(), id.ToLowerInvariant() + ".nuspec")).First(File.Exists);
            yield return Describe(id, version, XDocument.Load(nuspec));
        }
    }

    private static Package Describe(string id, string version, XDocument nuspec)
    {
        string? Of(string name) => nuspec.Descendants().FirstOrDefault(e => e.Name.LocalName == name)?.Value;
        var stated = nuspec.Descendants().FirstOrDefault(e => e.Name.LocalName == "license" && (string?)e.Attribute("type") == "expression")?.Value;
        var licence = stated ?? s_lookedUp.GetValueOrDefault(id) ?? $"unknown ({Of("licenseUrl") ?? Of("license")})";
        return new Package(id, version, licence, (Of("authors") ?? "").Replace("|", ",", StringComparison.Ordinal));
    }

    private sealed record Package(string Id, string Version, string Licence, string Authors);

    [GeneratedRegex(@"^\| (?<id>[A-Z][\w.]+) \| [\w.+-]+ \| (?<licence>[^|]+)\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
