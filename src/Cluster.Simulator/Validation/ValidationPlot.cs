using System.Globalization;
using System.Text;

namespace Cluster.Simulator.Validation;

/// <summary>Predicted against measured on logarithmic axes, as a self-contained SVG: the diagonal is truth, the dashed lines ±20 %.</summary>
public static class ValidationPlot
{
    private const double Size = 420;
    private const double Margin = 48;

    private static readonly string[] s_colours = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#17becf"];

    /// <param name="pairs">Measured, predicted and the group that colours the point, in milliseconds.</param>
    public static string Draw(string title, IReadOnlyList<(double Measured, double Predicted, string Group)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var values = pairs.SelectMany(p => new[] { p.Measured, p.Predicted }).Where(v => v > 0).DefaultIfEmpty(1).ToList();
        var (low, high) = (Math.Floor(Math.Log10(values.Min())), Math.Ceiling(Math.Log10(values.Max())));
        if (high <= low) high = low + 1;
        double At(double value) => (Math.Log10(value) - low) / (high - low) * Size;
        var svg = new StringBuilder();
        void Add(FormattableString text) => svg.AppendLine(text.ToString(CultureInfo.InvariantCulture));
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Size + (2 * Margin) + 190} {Size + (2 * Margin)}\" font-family=\"sans-serif\" font-size=\"11\" role=\"img\" aria-label=\"{title}\">");
        Add($"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><text x=\"{Margin}\" y=\"24\" font-size=\"14\">{title}</text>");
        Add($"<g transform=\"translate({Margin},{Margin + Size}) scale(1,-1)\"><rect width=\"{Size}\" height=\"{Size}\" fill=\"none\" stroke=\"#999\"/>");
        Add($"<path d=\"M0 0L{Size} {Size}\" stroke=\"#333\"/>");
        foreach (var factor in new[] { 0.8, 1.2 })
        {
            var shift = Math.Log10(factor) / (high - low) * Size;
            Add($"<path d=\"M{Math.Max(0, -shift):F1} {Math.Max(0, shift):F1}L{Math.Min(Size, Size - shift):F1} {Math.Min(Size, Size + shift):F1}\" stroke=\"#999\" stroke-dasharray=\"4 3\"/>");
        }

        var groups = pairs.Select(p => p.Group).Distinct().Order(StringComparer.Ordinal).ToList();
        foreach (var (measured, predicted, group) in pairs)
            Add($"<circle cx=\"{At(measured):F1}\" cy=\"{At(predicted):F1}\" r=\"2.4\" fill=\"{s_colours[groups.IndexOf(group) % s_colours.Length]}\" fill-opacity=\"0.7\"/>");
        svg.AppendLine("</g>");
        for (var decade = low; decade <= high; decade++)
        {
            var at = (decade - low) / (high - low) * Size;
            Add($"<text x=\"{Margin + at:F1}\" y=\"{Margin + Size + 16}\" text-anchor=\"middle\">{Math.Pow(10, decade):0.###}</text><text x=\"{Margin - 6}\" y=\"{Margin + Size - at + 4:F1}\" text-anchor=\"end\">{Math.Pow(10, decade):0.###}</text>");
        }

        Add($"<text x=\"{Margin + (Size / 2)}\" y=\"{Size + (2 * Margin) - 10}\" text-anchor=\"middle\">measured, ms</text><text transform=\"translate(12,{Margin + (Size / 2)}) rotate(-90)\" text-anchor=\"middle\">predicted, ms</text>");
        for (var i = 0; i < groups.Count; i++)
            Add($"<circle cx=\"{Margin + Size + 14}\" cy=\"{Margin + 8 + (16 * i)}\" r=\"4\" fill=\"{s_colours[i % s_colours.Length]}\"/><text x=\"{Margin + Size + 24}\" y=\"{Margin + 12 + (16 * i)}\">{groups[i]}</text>");
        svg.AppendLine("</svg>");
        return svg.ToString();
    }
}
