using Spectre.Console;
using Spectre.Console.Rendering;

namespace Cluster.Cli.Output;

/// <summary>Tables and the width of a terminal.</summary>
internal static class TableWidth
{
    /// <summary>Characters that the table takes when nothing in it wraps.</summary>
    public static int Of(Table table, IAnsiConsole console)
    {
        const int Unbounded = 10_000;
        return ((IRenderable)table).Measure(RenderOptions.Create(console), Unbounded).Max;
    }

    /// <summary>Prints the table; where it is too wide, without the columns that say least, and says which those are.</summary>
    /// <param name="leastFirst">Columns that may go, by index, the least important first.</param>
    /// <param name="titles">Of all columns, for the sentence.</param>
    /// <param name="of">The table with the columns at these indices alone.</param>
    public static void WriteFitting(IAnsiConsole console, IReadOnlyList<int> leastFirst, IReadOnlyList<string> titles, Func<IReadOnlyList<int>, Table> of)
    {
        var kept = Enumerable.Range(0, titles.Count).ToList();
        var table = of(kept);
        foreach (var next in leastFirst)
        {
            if (Of(table, console) <= console.Profile.Width) break;
            kept.Remove(next);
            table = of(kept);
        }

        console.Write(table);
        var gone = titles.Where((_, i) => !kept.Contains(i)).ToList();
        if (gone.Count > 0) console.WriteLine($"Too narrow for: {string.Join(", ", gone)}. A wider window or --json has all.");
    }
}
