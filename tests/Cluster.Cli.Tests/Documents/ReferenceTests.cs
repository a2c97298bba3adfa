using System.Globalization;
using System.Text.RegularExpressions;

namespace Cluster.Cli.Tests.Documents;

/// <summary>References that are generated from code. XPYD_UPDATE=1 writes them anew.</summary>
public sealed partial class ReferenceTests
{
    [Fact]
    public void Docs_cli_md_says_what_the_command_tree_says() => Hold("docs/cli.md", CliReference.Render());

    [Fact]
    public void Docs_catalog_md_says_what_the_catalog_says() => Hold("docs/catalog.md", CatalogReference.Render());

    /// <summary>The README may round, and lag behind a fit by a little; it may not flatter.</summary>
    [Fact]
    public void The_README_states_the_errors_that_the_validation_page_found()
    {
        var validation = File.ReadAllText(Path.Combine(Repository.Root, "docs", "validation.md"));
        var path = Path.Combine(Repository.Root, "README.md");
        var found = Errors().Match(validation).Groups["figure"].Captures.Select(c => c.Value).ToArray();
        found.Length.ShouldBe(4, "docs/validation.md no longer begins with its four medians.");
        if (Environment.GetEnvironmentVariable("XPYD_UPDATE") == "1")
            File.WriteAllText(path, Stated().Replace(File.ReadAllText(path), $"aggregated TPOT {found[0]} %, TTFT {found[1]} %; disaggregated TPOT {found[2]} %, TTFT {found[3]} %", 1));
        var stated = Stated().Match(File.ReadAllText(path)).Groups["figure"].Captures.Select(c => double.Parse(c.Value, CultureInfo.InvariantCulture)).ToArray();
        stated.Length.ShouldBe(4);
        for (var i = 0; i < 4; i++) stated[i].ShouldBe(double.Parse(found[i], CultureInfo.InvariantCulture), 2.0, "XPYD_UPDATE=1 writes it anew.");
    }

    [GeneratedRegex(@"aggregated: \*\*TPOT (?<figure>[\d.]+) %, TTFT (?<figure>[\d.]+) %\*\*; disaggregated: \*\*TPOT (?<figure>[\d.]+) %, TTFT (?<figure>[\d.]+) %", RegexOptions.ExplicitCapture)]
    private static partial Regex Errors();

    [GeneratedRegex(@"aggregated TPOT (?<figure>[\d.]+) %, TTFT (?<figure>[\d.]+) %; disaggregated TPOT (?<figure>[\d.]+) %, TTFT (?<figure>[\d.]+) %", RegexOptions.ExplicitCapture)]
    private static partial Regex Stated();

    private static void Hold(string document, string rendered)
    {
        var path = Path.Combine(Repository.Root, document);
        if (Environment.GetEnvironmentVariable("XPYD_UPDATE") == "1") File.WriteAllText(path, rendered);
        File.ReadAllText(path).ShouldBe(rendered, $"{document} is out of date: XPYD_UPDATE=1 writes it anew.");
    }
}
