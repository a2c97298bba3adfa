namespace Cluster.Cli.Tests.Documents;

// Every block of every document works. A class each, since classes run beside one another and most of what a document's commands do is
// to wait for a server: together they take as long as the longest.

public sealed class ReadmeTests
{
    [Fact]
    public Task Every_block_works() => DocumentBlocks.CheckAsync("README.md");
}

public sealed class TutorialTests
{
    [Fact]
    public Task Every_block_works() => DocumentBlocks.CheckAsync("docs/tutorial.md");
}

public sealed class OperateAndBreakTests
{
    [Fact]
    public Task Every_block_works() => DocumentBlocks.CheckAsync("docs/how-to/operate-and-break.md");
}

public sealed class PlugInYourRouterTests
{
    [Fact]
    public Task Every_block_works() => DocumentBlocks.CheckAsync("docs/how-to/plug-in-your-router.md");
}

/// <summary>The recipes that have no class of their own, whatever they are.</summary>
public sealed class HowToTests
{
    public static TheoryData<string> Others => [.. DocumentTests.WithBlocks.Where(d => d.StartsWith("docs/how-to/", StringComparison.Ordinal) && !DocumentTests.Alone.Contains(d))];

    [Theory]
    [MemberData(nameof(Others))]
    public Task Every_block_works(string document) => DocumentBlocks.CheckAsync(document);
}

public sealed class DocumentTests
{
    public static IReadOnlyList<string> Alone { get; } = ["README.md", "docs/tutorial.md", "docs/how-to/operate-and-break.md", "docs/how-to/plug-in-your-router.md"];

    public static IEnumerable<string> WithBlocks => DocumentList.All.Where(d => FencedBlock.Read(d).Count > 0);

    public static TheoryData<string> Others => [.. WithBlocks.Where(d => !d.StartsWith("docs/how-to/", StringComparison.Ordinal) && !Alone.Contains(d))];

    public static TheoryData<string> All => [.. DocumentList.All];

    [Theory]
    [MemberData(nameof(Others))]
    public Task Every_block_of_any_other_document_works(string document) => DocumentBlocks.CheckAsync(document);

    [Theory]
    [MemberData(nameof(All))]
    public void Commands_in_a_sentence_exist_with_their_options(string document)
    {
        var problems = new List<string>();
        foreach (var (quoted, arguments) in DocumentList.InlineCommands(document))
        {
            var command = CommandRegistry.Build() as System.CommandLine.Command;
            var known = new HashSet<string>();
            foreach (var word in arguments.TakeWhile(word => word[0] is >= 'a' and <= 'z'))
            {
                if (command.Subcommands.FirstOrDefault(c => c.Name == word) is not { } inner) break;
                command = inner;
                known.UnionWith(command.Options.Select(o => o.Name));
            }

            if (command is System.CommandLine.RootCommand) problems.Add($"{quoted}: no such command");
            var options = arguments.Where(word => word.StartsWith("--", StringComparison.Ordinal)).Select(word => word.Split('=')[0]);
            problems.AddRange(options.Where(o => !known.Contains(o)).Select(o => $"{quoted}: no option {o}"));
        }

        problems.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Links_between_documents_lead_somewhere(string document) => DocumentList.BrokenLinks(document).ShouldBeEmpty();
}
