using System.Collections.Immutable;

namespace Cluster.Simulator.Sweeping;

/// <summary>One key of the scenario and the values it takes in turn.</summary>
/// <param name="Path">Full path of the key, e.g. <c>topology.decode.tp</c>.</param>
/// <param name="Values">As written in a scenario file; at least one.</param>
public sealed record SweepAxis(string Path, ImmutableArray<string> Values)
{
    /// <summary>Reads <c>path=a,b,c</c>. Commas inside brackets, braces or quotes belong to their value.</summary>
    /// <exception cref="ArgumentException">No path, no value, an empty or a repeated value.</exception>
    public static SweepAxis Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new ArgumentException($"--set {text}: expected path=a,b,c, e.g. --set topology.decode.tp=2,4,8.");
        var values = Split(text[(equals + 1)..]);
        if (values.Length == 0 || values.Any(v => v.Length == 0))
            throw new ArgumentException($"--set {text}: a value is empty; write them as {text[..equals]}=a,b,c.");
        if (values.GroupBy(v => v, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"--set {text}: '{twice.Key}' is named twice.");
        return new SweepAxis(text[..equals].Trim(), values);
    }

    private static ImmutableArray<string> Split(string text)
    {
        if (text.Length == 0) return [];
        var values = ImmutableArray.CreateBuilder<string>();
        var (start, depth, quote) = (0, 0, '\0');
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '\'' or '"') quote = c;
            else if (c is '[' or '{') depth++;
            else if (c is ']' or '}') depth--;
            else if (c == ',' && depth == 0)
            {
                values.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        values.Add(text[start..].Trim());
        return values.ToImmutable();
    }
}
