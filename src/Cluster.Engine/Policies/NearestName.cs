namespace Cluster.Engine.Policies;

/// <summary>Finds the name that was meant.</summary>
public static class NearestName
{
    /// <summary>The candidate fewest edits away, or null when none is near (more than a third of the longer name, at least 2, differs).</summary>
    public static string? Of(string written, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(written);
        ArgumentNullException.ThrowIfNull(candidates);
        var needle = Fold(written);
        (string? Name, int Edits) best = (null, int.MaxValue);
        foreach (var candidate in candidates)
        {
            var folded = Fold(candidate);
            var edits = folded == needle ? 0 : IsPartOf(needle, folded) ? 1 : Edits(needle, folded);
            if (edits < best.Edits && edits <= Math.Max(2, Math.Max(needle.Length, folded.Length) / 3)) best = (candidate, edits);
        }

        return best.Name;
    }

    /// <summary><c>Did you mean 'x'?</c>, or null. Of a beginning that several names share, up to three are named.</summary>
    public static string? Question(string written, IEnumerable<string> candidates)
    {
        var names = candidates as IReadOnlyCollection<string> ?? [.. candidates];
        if (Of(written, names) is not { } name) return null;
        var needle = Fold(written);
        var begun = names.Where(n => IsPartOf(needle, Fold(n)) && Fold(n).StartsWith(needle, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal).Take(3).ToList();
        return begun.Count < 2 || Fold(name) == needle
            ? $"Did you mean '{name}'?"
            : $"Did you mean {string.Join(", ", begun[..^1].Select(n => $"'{n}'"))} or '{begun[^1]}'?";
    }

    /// <summary>The same behind a sentence: with a space before it, or nothing.</summary>
    public static string After(string written, IEnumerable<string> candidates) => Question(written, candidates) is { } question ? $" {question}" : "";

    private static bool IsPartOf(string needle, string folded) => needle.Length >= 3 && folded.Contains(needle, StringComparison.Ordinal);

    private static string Fold(string name) =>
        string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    /// <summary>Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).</summary>
    internal static int Edits(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) rows[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var substitute = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(substitute, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }

        return rows[a.Length, b.Length];
    }
}
