using System.Globalization;
using System.Text;
using System.Text.Json;
using Cluster.Engine.Models;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Cli.Tests.Documents;

/// <summary>Writes docs/catalog.md from the catalog: the figures people compare, and where they come from.</summary>
internal static class CatalogReference
{
    public static string Render()
    {
        var catalog = Catalog.Default;
        var text = new StringBuilder("""
            # Catalog

            Generated from `catalog/`; do not edit. `xpyd catalog show h100-sxm` prints an entry whole, with its fitted kernel curves and
            the source of each figure.

            """);
        Gpus(text, catalog);
        Links(text, catalog);
        Models(text, catalog);
        Engines(text, catalog);
        return text.ToString();
    }

    private static void Gpus(StringBuilder text, Catalog catalog)
    {
        text.Append("\n## GPUs\n\n| id | HBM | bandwidth | dense peak | GPUs per domain | scale-up | $/h | kernels |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var g in catalog.Gpus.Values.OrderBy(g => g.Name, StringComparer.Ordinal))
        {
            var peaks = string.Join(", ", g.PeakFlops.OrderBy(p => p.Key).Select(p => $"{NumberFormats.Name(p.Key)} {N(p.Value / 1e12)}"));
            text.Append($"| `{g.Name}` | {N(g.HbmBytes / 1e9)} GB | {N(g.HbmBytesPerSecond / 1e12)} TB/s | {peaks} TFLOP/s | {g.GpusPerDomain} | {N(g.ScaleUpBytesPerSecond / 1e9)} GB/s | {N(g.DollarsPerHour)} | {(g.DerivedFrom is { } other ? $"derived from {other}" : "fitted")} |\n");
        }

        Sources(text, "gpus");
    }

    private static void Links(StringBuilder text, Catalog catalog)
    {
        text.Append("\n## Links\n\n| id | nominal | setup | at most | half of that from |\n|---|---|---|---|---|\n");
        foreach (var l in catalog.Links.Values.OrderBy(l => l.Name, StringComparer.Ordinal))
            text.Append($"| `{l.Name}` | {N(l.BytesPerSecond / 1e9)} GB/s | {N(l.SetupSeconds * 1e6)} µs | {N(l.PeakEfficiency * 100)} % | {N(l.HalfEfficiencyBytes / 1e6)} MB |\n");
        Sources(text, "links");
    }

    private static void Models(StringBuilder text, Catalog catalog)
    {
        text.Append("\n## Models\n\n| id | also known as | parameters | active per token | context | KV per token, 16 bits |\n|---|---|---|---|---|---|\n");
        foreach (var m in catalog.Models.Values.OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            var kvBytes = 2.0 * m.Layers.Sum(group => (double)group.Count * group.KvElementsPerToken);
            text.Append(CultureInfo.InvariantCulture, $"| `{m.Name}` | {string.Join(", ", m.Aliases)} | {N(ParameterCount.Total(m) / 1e9)} B | {N(ParameterCount.Active(m) / 1e9)} B | {m.ContextLength:N0} | {N(kvBytes / 1e3)} kB |\n");
        }

        Sources(text, "models");
    }

    private static void Engines(StringBuilder text, Catalog catalog)
    {
        text.Append("\n## Engines\n\n| id | scheduler | sequences, tokens per step (large GPU) | block |\n|---|---|---|---|\n");
        foreach (var e in catalog.Engines.Values.OrderBy(e => e.Name, StringComparer.Ordinal))
            text.Append($"| `{e.Name}` | {e.Scheduler} | {e.MaxNumSeqsLarge:N0}, {e.MaxNumBatchedTokensLarge:N0} | {e.BlockSize} |\n");
        Sources(text, "engines");
    }

    /// <summary>Read from the files: entries keep one text, the files say what each figure rests on.</summary>
    private static void Sources(StringBuilder text, string kind)
    {
        text.Append("\n<details><summary>Sources</summary>\n\n");
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "catalog", kind), "*.json").Order(StringComparer.Ordinal))
        {
            using var entry = JsonDocument.Parse(File.ReadAllText(file));
            var sources = entry.RootElement.GetProperty("sources").EnumerateObject().Select(s => (s.Name, Source: s.Value.GetString()!));
            foreach (var source in sources.GroupBy(s => s.Source, StringComparer.Ordinal).OrderBy(g => g.Min(s => s.Name), StringComparer.Ordinal))
            {
                var keys = source.Select(s => s.Name == "*" ? "the rest" : $"`{s.Name}`").Order(StringComparer.Ordinal);
                text.Append($"- `{Path.GetFileNameWithoutExtension(file)}`, {string.Join(", ", keys)}: {source.Key}\n");
            }
        }

        text.Append("\n</details>\n");
    }

    private static string N(double value) => value.ToString(value >= 100 ? "#,0" : "0.##", CultureInfo.InvariantCulture);
}
