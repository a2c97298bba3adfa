namespace Cluster.Gateway.Structured;

/// <summary>
/// Which functions a question asks for. A real model would understand it; here a function is called when a word of its name, such as
/// <c>weather</c> of <c>get_weather</c>, is in the question, so that whoever writes the question decides.
/// </summary>
internal static class ToolMatch
{
    /// <summary>Words that say what is done, not to what; they count only in a name that has no other.</summary>
    private static readonly HashSet<string> s_common =
    [
        "get", "set", "list", "find", "search", "fetch", "lookup", "look", "run", "do", "make", "create", "update", "delete", "add", "remove", "send", "show", "read", "write", "query",
        "call", "check", "the", "a", "for", "and", "of", "to", "by", "in", "on", "at", "up", "all", "my", "new", "current", "data", "info", "tool", "function", "api", "mcp", "is", "has",
    ];

    /// <summary>Functions that the question asks for, in their order.</summary>
    public static List<Tool> Fitting(IReadOnlyList<Tool> tools, string question)
    {
        var asked = Words(question).ToHashSet();
        return [.. tools.Where(t => Telling(t.Name).Any(asked.Contains))];
    }

    private static List<string> Telling(string name)
    {
        var words = Words(name).ToList();
        var telling = words.FindAll(w => !s_common.Contains(w));
        return telling.Count > 0 ? telling : words;
    }

    /// <summary>Lower case, without a plural's s; parts of snake_case, kebab-case and camelCase are words.</summary>
    private static IEnumerable<string> Words(string text)
    {
        var start = 0;
        for (var at = 0; at <= text.Length; at++)
        {
            var isLetter = at < text.Length && char.IsLetterOrDigit(text[at]);
            var isHump = isLetter && at > start && char.IsUpper(text[at]) && char.IsLower(text[at - 1]);
            if (isLetter && !isHump) continue;
            if (at > start) yield return Singular(text[start..at].ToLowerInvariant());
            start = isHump ? at : at + 1;
        }
    }

    private static string Singular(string word) => word.Length > 3 && word[^1] == 's' && word[^2] != 's' ? word[..^1] : word;
}
