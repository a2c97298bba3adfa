using System.Text.RegularExpressions;

namespace Cluster.Cli.Tests.Documents;

/// <summary>
/// One fenced block of a Markdown document. What follows the language in the fence says how it is checked; see
/// <see cref="DocumentBlocks"/>.
/// </summary>
/// <param name="Line">Line of the opening fence, from 1.</param>
/// <param name="Below">The paragraph that follows, in one line.</param>
internal sealed record FencedBlock(string Document, int Line, string Language, string Info, string Text, string Below)
{
    public string Place => $"{Document}:{Line}";

    public bool Has(string word) => Info.Split(' ').Contains(word);

    /// <summary>The value of <c>key=value</c> in the fence, or null.</summary>
    public string? Value(string key) =>
        Info.Split(' ').FirstOrDefault(word => word.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..];

    public static IReadOnlyList<FencedBlock> Read(string document)
    {
        var blocks = new List<FencedBlock>();
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, document));
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                if (lines[i].TrimStart().StartsWith("```", StringComparison.Ordinal)) throw new FormatException($"{document}:{i + 1}: nobody looks into a fence that is indented.");
                continue;
            }

            var end = Array.FindIndex(lines, i + 1, line => line == "```");
            if (end < 0) throw new FormatException($"{document}:{i + 1}: the fence is not closed.");
            var words = lines[i][3..].Split(' ', 2);
            blocks.Add(new FencedBlock(document, i + 1, words[0], words.Length > 1 ? words[1] : "", string.Join('\n', lines[(i + 1)..end]),
                string.Join(' ', lines.Skip(end + 1).SkipWhile(string.IsNullOrEmpty).TakeWhile(line => line.Length > 0))));
            i = end;
        }

        return blocks;
    }
}

/// <summary>The documents whose commands and snippets are executed.</summary>
internal static partial class DocumentList
{
    private static readonly string[] s_built = ["bin", "obj", "artifacts", "node_modules", ".git"];

    /// <summary>All there are, wherever they lie.</summary>
    public static IEnumerable<string> All { get; } = [.. In(Repository.Root).Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> In(string folder) => Directory.GetFiles(folder, "*.md")
        .Concat(Directory.GetDirectories(folder).Where(inner => !s_built.Contains(Path.GetFileName(inner))).SelectMany(In));

    /// <summary>Commands quoted inside a sentence or a table, as argument lists.</summary>
    public static IEnumerable<(string Quoted, string[] Arguments)> InlineCommands(string document) =>
        Inline().Matches(File.ReadAllText(Path.Combine(Repository.Root, document)))
            .Select(match => (match.Value, match.Groups["rest"].Value.Replace("\\|", "|", StringComparison.Ordinal)
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    /// <summary>Relative links: the target must be there.</summary>
    public static IEnumerable<string> BrokenLinks(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        return Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, document)))
            .Select(match => match.Groups["target"].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(folder, target)));
    }

    [GeneratedRegex(@"(?<!`)`([A-Z_]+=[^ `\n]+ |/usr/bin/time -v )*(\./)?xpyd (?<rest>[a-z][^`\n]*)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Inline();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();
}
