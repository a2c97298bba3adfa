using System.Globalization;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>One line of exposition.</summary>
internal sealed record Sample(string Name, string Labels, double Value);

internal static class Samples
{
    public static IReadOnlyList<Sample> Parse(string exposition) =>
        [.. exposition.Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(line =>
        {
            var value = line.LastIndexOf(' ');
            var open = line.IndexOf('{', StringComparison.Ordinal);
            var name = open < 0 ? line[..value] : line[..open];
            return new Sample(name, open < 0 ? "" : line[open..value], double.Parse(line.AsSpan(value + 1), CultureInfo.InvariantCulture));
        })];
}
