using System.Globalization;
using System.Net;
using System.Reflection;

namespace Cluster.Report;

/// <summary>Writes <c>report.html</c>: one file that opens without a server or a network.</summary>
public static class ReportWriter
{
    public static void Write(ReportModel model, TextWriter to)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(to);
        var parts = new Dictionary<string, Func<string>>
        {
            ["title"] = () => Text($"{model.Scenario} · xpyd report"),
            ["meta"] = () => Text(Meta(model)),
            ["notice"] = () => model.Notice is null ? "" : $"<p class=\"verdict notice\" role=\"alert\">{Text(model.Notice)}</p>",
            ["verdict"] = () => Text(model.Verdict),
            ["why"] = () => model.Why.Count == 0 ? "" : $"<ul class=\"why\">{string.Concat(model.Why.Select(reason => $"<li>{Text(reason)}</li>"))}</ul>",
            ["version"] = () => Text(Version),
            ["css"] = () => Asset("theme.css") + Asset("report.css"),
            ["data"] = () => ReportData.Json(model),
            ["echarts"] = () => Asset("echarts/echarts.custom.min.js"),
            ["charts"] = () => Asset("charts.js"),
            ["words"] = () => Asset("words.js"),
            ["report"] = () => Asset("report.js"),
        };
        var template = Asset("report.html");
        for (var at = 0; at < template.Length;)
        {
            var open = template.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
            {
                to.Write(template.AsSpan(at));
                break;
            }

            var close = template.IndexOf("}}", open, StringComparison.Ordinal);
            to.Write(template.AsSpan(at, open - at));
            to.Write(parts[template[(open + 2)..close]]());
            at = close + 2;
        }
    }

    /// <summary>A file of this assembly's assets: charts and styles that the console shares.</summary>
    public static Stream OpenAsset(string name) =>
        typeof(ReportWriter).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"No asset '{name}' in Cluster.Report.");

    private static string Version => typeof(ReportWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private static string Meta(ReportModel model)
    {
        var facts = new List<string> { model.Mode };
        if (model.RanAt is { } at) facts.Add(at.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
        if (model.SloTtftMs is { } ttft) facts.Add(string.Create(CultureInfo.InvariantCulture, $"SLO: TTFT {ttft:0.#} ms"));
        if (model.SloTpotMs is { } tpot) facts.Add(string.Create(CultureInfo.InvariantCulture, $"SLO: TPOT {tpot:0.#} ms"));
        if (model.SloE2eMs is { } e2e) facts.Add(string.Create(CultureInfo.InvariantCulture, $"SLO: E2E {e2e:0.#} ms"));
        return string.Join(" · ", facts);
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Asset(string name)
    {
        using var reader = new StreamReader(OpenAsset(name));
        return reader.ReadToEnd();
    }
}
