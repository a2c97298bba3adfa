using Cluster.Scenarios.Fitting;

namespace Cluster.Simulator.Validation;

/// <summary>Predicted against measured of kernels and collectives that a fit never saw, one picture per kind of operator.</summary>
public static class KernelPictures
{
    private const int PointsPerLine = 60;

    private static readonly (string Name, string Title, Func<string, bool> Has)[] s_kinds =
    [
        ("gemm", "GEMM", o => o == "gemm"),
        ("attention", "Attention", o => o.Contains("attention", StringComparison.Ordinal) || o.StartsWith("mla", StringComparison.Ordinal)),
        ("moe", "Experts", o => o == "moe"),
        ("collectives", "Collectives", o => o is not "gemm" and not "moe" && !o.Contains("attention", StringComparison.Ordinal) && !o.StartsWith("mla", StringComparison.Ordinal)),
    ];

    /// <summary>Writes <c>kernels-*.svg</c> and returns their file names.</summary>
    public static IReadOnlyList<string> Write(string folder, IReadOnlyList<FitLine> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var written = new List<string>();
        foreach (var (name, title, has) in s_kinds)
        {
            var pairs = lines.Where(l => has(l.Operator)).SelectMany(l => Spaced(l.Pairs).Select(p => (p.Measured * 1e3, p.Predicted * 1e3, l.Gpu))).ToList();
            if (pairs.Count == 0) continue;
            var file = $"kernels-{name}.svg";
            File.WriteAllText(Path.Combine(folder, file), ValidationPlot.Draw($"{title}: predicted against measured, held-out rows", pairs));
            written.Add(file);
        }

        return written;
    }

    private static IEnumerable<(double Measured, double Predicted)> Spaced(IReadOnlyList<(double Measured, double Predicted)> pairs)
    {
        var take = Math.Min(PointsPerLine, pairs.Count);
        for (var i = 0; i < take; i++) yield return pairs[(int)((long)i * pairs.Count / take)];
    }
}
