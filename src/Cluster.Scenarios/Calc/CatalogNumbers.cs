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
        var (total, active) = (ParameterCount.Total(model), ParameterCount.Active(model));
        var experts = model.Layers.Sum(g => g.Count * ParameterCount.Experts(model, g));
        var activeExperts = model.Layers.Sum(g => g.Count * ParameterCount.ActiveExperts(model, g));
        var format = NumberFormats.Name(weights);
        // Beside 16-bit weights experts stay in the format that they were published in, as a deployment has it.
        var native = experts > 0 && NumberFormats.Bits(weights) >= 16 ? model.NativeExpertFormat : null;
        if (native is { } own) format += $", experts {NumberFormats.Name(own)}";
        double Bytes(double all, double ofExperts) =>
            WeightBytes.Bytes(all - ofExperts, NumberFormats.BytesPerWeight(weights)) + WeightBytes.Bytes(ofExperts, NumberFormats.BytesPerWeight(native ?? weights));
        var numbers = new Dictionary<string, NamedNumber>(StringComparer.Ordinal)
        {
            ["params"] = new(total, model.Name),
            ["active-params"] = new(active, model.Name),
            ["bytes-per-weight"] = new(Bytes(total, experts) / total, format),
            ["active-bytes-per-weight"] = new(Bytes(active, activeExperts) / active, format),
            ["bytes-per-kv"] = new(NumberFormats.BytesPerKvElement(kv), NumberFormats.Name(kv)),
            ["weight-bytes"] = new(Bytes(total, experts), $"{model.Name} in {format}"),
            ["active-weight-bytes"] = new(Bytes(active, activeExperts), $"{model.Name} in {format}"),
            ["layers"] = new(model.LayerCount, model.Name),
            ["hidden"] = new(model.HiddenSize, model.Name),
        };
        AddCache(numbers, model, kv);
        AddMixer(numbers, model);
        return numbers;
    }

    /// <summary>Why a model lacks numbers that laws ask for, and where to look instead.</summary>
    public static IEnumerable<string> Lacks(ModelArchitecture model, IEnumerable<string> numbers)
    {
        ArgumentNullException.ThrowIfNull(model);
        var missing = numbers.ToHashSet(StringComparer.Ordinal);
        var latent = model.Layers.Any(g => g.Mla is not null);
        if (missing.Contains("attention-layers")) yield return $"{model.Name} has no attention: a sequence holds a state of one size, whatever its length (see capacity)";
        else if (missing.Contains("kv-heads") && latent) yield return $"{model.Name} keeps one latent for all heads: see latent-kv-per-token";
        else if (missing.Contains("latent")) yield return $"{model.Name} has no latent attention: see kv-per-token";
        if (missing.Contains("experts")) yield return $"{model.Name} is dense: it has no experts";
    }

    /// <summary>A sequence's KV as a plan of memory has it: every token, the last of a window (of several, as many as the widest keeps), a state.</summary>
    private static void AddCache(Dictionary<string, NamedNumber> numbers, ModelArchitecture model, NumberFormat kv)
    {
        var perElement = NumberFormats.BytesPerKvElement(kv);
        var from = $"{model.Name} in {NumberFormats.Name(kv)}";
        double BytesOf(Func<LayerGroup, double> elements) => model.Layers.Sum(g => g.Count * elements(g)) * perElement;
        double window = model.Layers.Max(g => g.Attention?.Window ?? 0);
        numbers["kv-per-token"] = new(BytesOf(g => g.Attention is { Window: > 0 } ? 0 : g.KvElementsPerToken), from);
        var shares = model.Layers.Where(g => g.StateSpace is null).Select(g => g.Attention?.KvHeads ?? 1).DefaultIfEmpty(0).Min();
        if (shares > 0) numbers["kv-shares"] = new(shares, model.Name);
        if (window > 0)
        {
            numbers["window-kv"] = new(BytesOf(g => g.Attention is { Window: > 0 } a ? g.KvElementsPerToken * a.Window / window : 0), from);
            numbers["window"] = new(window, model.Name);
        }

        var state = model.Layers.Sum(g => g.StateSpace is { } s
            ? g.Count * s.StateBytes(s.StateFormat ?? NumberFormat.Bf16)
            : 0);
        if (state > 0) numbers["state"] = new(state, model.Name);
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
        double attentive = model.Layers.Where(g => g.StateSpace is null).Sum(g => g.Count);
        if (attentive > 0) numbers["attention-layers"] = new(attentive, model.Name);
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
