namespace Cluster.Cli.Tests.Documents;

/// <summary>References that are generated from code. XPYD_UPDATE=1 writes them anew.</summary>
public sealed class ReferenceTests
{
    [Fact]
    public void Docs_cli_md_says_what_the_command_tree_says() => Hold("docs/cli.md", CliReference.Render());

    [Fact]
    public void Docs_catalog_md_says_what_the_catalog_says() => Hold("docs/catalog.md", CatalogReference.Render());

    private static void Hold(string document, string rendered)
    {
        var path = Path.Combine(Repository.Root, document);
        if (Environment.GetEnvironmentVariable("XPYD_UPDATE") == "1") File.WriteAllText(path, rendered);
        File.ReadAllText(path).ShouldBe(rendered, $"{document} is out of date: XPYD_UPDATE=1 writes it anew.");
    }
}
