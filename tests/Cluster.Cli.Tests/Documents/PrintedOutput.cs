using System.Text.RegularExpressions;

namespace Cluster.Cli.Tests.Documents;

/// <summary>
/// Holds printed output to what a document shows: every shown line must be printed, in that order, with other numbers if need be.
/// Lines may be left out; <c>…</c> alone on a line says so to the reader.
/// </summary>
internal static partial class PrintedOutput
{
    /// <summary>The shown text with the printed numbers, or the first shown line that was not printed.</summary>
    public static (string? Refreshed, string? Missing) Match(string shown, string printed)
    {
        var lines = printed.TrimEnd().Split('\n');
        if (shown.Trim().Length == 0) return (string.Join('\n', lines.Select(line => line.TrimEnd())), null);
        var refreshed = new List<string>();
        var from = 0;
        foreach (var line in shown.Split('\n'))
        {
            if (line.Trim() == "…" || line.Trim().Length == 0)
            {
                refreshed.Add(line);
                continue;
            }

            var at = Array.FindIndex(lines, from, candidate => Mask(candidate) == Mask(line));
            if (at < 0) return (null, line);
            refreshed.Add(lines[at].TrimEnd());
            from = at + 1;
        }

        return (string.Join('\n', refreshed), null);
    }

    private static string Mask(string line) => Spaces().Replace(Rule().Replace(Number().Replace(line, "#"), "─"), " ").Trim();

    [GeneratedRegex(@"[−+-]?\d[\d,.]*")]
    private static partial Regex Number();

    [GeneratedRegex("─+")]
    private static partial Regex Rule();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
