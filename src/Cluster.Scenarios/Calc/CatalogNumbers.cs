using Cluster.Engine.Cost.FirstOrder;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Calc;

/// <summary>A number for a law, and what gave it.</summary>
public sealed record NamedNumber(double Value, string From);

/// <summary>The numbers of laws that catalog entries give, by the laws' own names.</summary>
public static class CatalogNumbers
{
    /// <summary>What a model gives, stored in these formats.</summary>
    public static Dictionary<string, NamedNumber> Of(ModelArchitecture model, NumberFormat weights, NumberFormat kv)
    {
        ArgumentNullException.ThrowIfNull(model);
        var perWeight = NumberFormats.BytesPerWeight(weights);
        var perKv = NumberFormats.BytesPerKvElement(kv);
        var elements = model.Layers.Sum(g => g.ContextBound == int.MaxValue ? (double)g.Count * g.KvElementsPerToken : 0);
        var numbers = new Dictionary<string, NamedNumber>(StringComparer.Ordinal)
        {
            ["params"] = new(ParameterCount.Total(model), model.Name),
            ["active-params"] = new(ParameterCount.Active(model), model.Name),
            ["bytes-per-weight"] = new(perWeight, NumberFormats.Name(weights)),
            ["bytes-per-kv"] = new(perKv, NumberFormats.Name(kv)),
            ["weight-bytes"] = new(WeightBytes.Bytes(ParameterCount.Total(model), perWeight), $"{model.Name} in {NumberFormats.Name(weights)}"),
            ["kv-per-token"] = new(elements * perKv, $"{model.Name} in {NumberFormats.Name(kv)}, layers whose KV grows"),
            ["layers"] = new(model.LayerCount, model.Name),
            ["hidden"] = new(model.HiddenSize, model.Name),
        };
        AddMixer(numbers, model);
        return numbers;
    }

    /// <summary>What a GPU gives to weights in this format.</summary>
    public static Dictionary<string, NamedNumber> Of(GpuProfile gpu, NumberFormat weights)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        var format = gpu.ComputeFormat(weights);
        var peak = gpu.PeakFlops[format];
        var ridge = RidgePoint.Batch(peak, gpu.HbmBytesPerSecond, NumberFormats.BytesPerWeight(weights));
        return new(StringComparer.Ordinal)
        {
            ["bandwidth"] = new(gpu.HbmBytesPerSecond, gpu.Name),
            ["hbm"] = new(gpu.HbmBytes, gpu.Name),
            ["peak-flops"] = new(peak, $"{gpu.Name}, {NumberFormats.Name(format)}"),
            ["ridge-batch"] = new(ridge, $"{gpu.Name}, {NumberFormats.Name(weights)}"),
            ["interconnect"] = new(gpu.ScaleUpBytesPerSecond, $"{gpu.Name}, scale-up"),
            ["latency"] = new(gpu.Kernels.Collectives.OneShotAllReduce.AlphaSeconds, $"{gpu.Name}, one-shot all-reduce"),
        };
    }

    /// <summary>What a link between instances gives.</summary>
    public static Dictionary<string, NamedNumber> Of(LinkProfile link)
    {
        ArgumentNullException.ThrowIfNull(link);
        return new(StringComparer.Ordinal)
        {
            ["link-bandwidth"] = new(link.BytesPerSecond, link.Name),
            ["efficiency"] = new(link.PeakEfficiency, link.Name),
            ["half-size"] = new(link.HalfEfficiencyBytes, link.Name),
            ["setup"] = new(link.SetupSeconds, link.Name),
        };
    }

    private static void AddMixer(Dictionary<string, NamedNumber> numbers, ModelArchitecture model)
    {
        if (model.Layers.FirstOrDefault(g => g.Attention is not null)?.Attention is { } attention)
        {
            numbers["query-heads"] = new(attention.QueryHeads, model.Name);
            numbers["kv-heads"] = new(attention.KvHeads, model.Name);
            numbers["head-size"] = new(attention.HeadSize, model.Name);
        }
        else if (model.Layers.FirstOrDefault(g => g.Mla is not null)?.Mla is { } latent)
        {
            numbers["query-heads"] = new(latent.QueryHeads, model.Name);
            // Scores cost nope + rope per pair, values the value head: their mean counts both as one head size.
            numbers["head-size"] = new((latent.NopeHeadSize + latent.RopeHeadSize + latent.ValueHeadSize) / 2.0, model.Name);
            numbers["latent"] = new(latent.KvRank, model.Name);
            numbers["rope"] = new(latent.RopeHeadSize, model.Name);
        }

        if (model.Layers.FirstOrDefault(g => g.Moe is not null)?.Moe is not { } moe) return;
        numbers["experts"] = new(moe.Experts, model.Name);
        numbers["active-experts"] = new(moe.ActiveExperts, model.Name);
    }
}
