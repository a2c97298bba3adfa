using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Engine.Hardware;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Scenarios.Fitting;

/// <summary>Refits the kernels of every catalog GPU that has tables, and writes the figures into its file.</summary>
public static class CatalogFit
{
    /// <summary>Of so many rows of a kernel table one is scored; no power of two, since tables count in those.</summary>
    private const int ScoredRows = 19;

    /// <param name="dataDirectory">Holds <c>kernels/</c> and <c>collectives/</c>.</param>
    /// <returns>One fit per GPU with tables, in the catalog's order.</returns>
    public static IEnumerable<GpuFit> Run(Catalog catalog, string dataDirectory) => Each(catalog, dataDirectory, scores: false);

    /// <summary>Holds the catalog's own curves against a sample of the kernel tables and all collectives: quick, since nothing is fitted.</summary>
    public static IEnumerable<FitLine> Score(Catalog catalog, string dataDirectory) => Each(catalog, dataDirectory, scores: true).SelectMany(f => f.Lines);

    private static IEnumerable<GpuFit> Each(Catalog catalog, string dataDirectory, bool scores)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var (kernels, collectives) = (Path.Combine(dataDirectory, "kernels"), Path.Combine(dataDirectory, "collectives"));
        foreach (var gpu in catalog.Gpus.Values)
        {
            var alias = gpu.Aliases.Append(gpu.Name).FirstOrDefault(a => Directory.Exists(kernels) && Directory.EnumerateFiles(kernels, $"{a}_gemm_*").Any());
            if (alias is null) continue;
            var fit = new GpuFit(gpu.Name, scores);
            IReadOnlyList<TableRow> Table(string folder, string pattern) => KernelTable.Read(folder, $"{alias}_{pattern}", scores && folder == kernels ? ScoredRows : 1);
            GemmFit.Run(gpu, Table(kernels, "gemm_*"), fit);
            AttentionFit.Prefill(gpu, Table(kernels, "attention_*context_attention*"), fit);
            AttentionFit.Decode(gpu, Table(kernels, "attention_*generation_attention*"), fit);
            MlaFit.Run(gpu, Table(kernels, "mla_*_mla_context_module*"), Table(kernels, "mla_*_mla_generation_module*"), fit);
            MoeFit.Run(gpu, Table(kernels, "moe_*"), fit);
            CollectiveFit.Run(gpu, Table(collectives, "comm_nccl_*"), Table(collectives, "comm_vllm_*"), fit);
            var exchange = ExchangeFit.Run(gpu, Table(collectives, "comm_*_deepep_ll_*"), Table(collectives, "comm_*_deepep_normal_*"), fit);
            if (exchange is not null && fit.Collectives is { } fitted) fit.Collectives = fitted with { Experts = exchange };
            yield return fit;
        }
    }

    /// <summary>Writes every fit, and hands it on to the GPUs derived from it.</summary>
    public static void WriteAll(string catalogDirectory, Catalog catalog, IReadOnlyList<GpuFit> fits)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(fits);
        foreach (var fit in fits)
            foreach (var gpu in catalog.Gpus.Values)
                if (gpu.Name == fit.Gpu || gpu.DerivedFrom == fit.Gpu) Write(catalogDirectory, gpu, fit);
    }

    /// <summary>Replaces <c>kernels</c> in the GPU's catalog file; everything else stays as written.</summary>
    public static void Write(string catalogDirectory, GpuProfile gpu, GpuFit fit)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        ArgumentNullException.ThrowIfNull(fit);
        var path = Path.Combine(catalogDirectory, "gpus", gpu.Name + ".json");
        var root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        root["kernels"] = Rounded(JsonSerializer.SerializeToNode(fit.Apply(gpu.Kernels), CatalogJson.Options)!);
        File.WriteAllText(path, root.ToJsonString(CatalogJson.Options) + "\n");
    }

    /// <summary>Four significant digits: more would claim more than a fit knows.</summary>
    private static JsonNode Rounded(JsonNode node)
    {
        if (node is JsonObject o) return new JsonObject(o.Select(p => KeyValuePair.Create(p.Key, p.Value is null ? null : (JsonNode?)Rounded(p.Value))));
        if (node is not JsonValue value || !value.TryGetValue<double>(out var number) || number == 0) return node.DeepClone();
        var scale = Math.Pow(10, 3 - Math.Floor(Math.Log10(Math.Abs(number))));
        return JsonValue.Create(double.Parse((Math.Round(number * scale) / scale).ToString("G6", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture));
    }
}
