using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Engine.Models;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Scenarios.Import;

/// <summary>Reads a published model config into a catalog entry.</summary>
public static class HuggingFaceImport
{
    /// <summary>How each known <c>model_type</c> builds layer <c>i</c>.</summary>
    private static readonly SortedDictionary<string, Family> Families = new(StringComparer.Ordinal)
    {
        ["llama"] = Transformer(), ["mistral"] = Transformer(), ["qwen2"] = Transformer(), ["qwen3"] = Transformer(), ["phi3"] = Transformer(),
        ["mixtral"] = Transformer(), ["qwen3_moe"] = Transformer(), ["qwen2_moe"] = Transformer(), ["gpt_oss"] = Transformer(),
        ["minimax_m2"] = Transformer(), ["glm4_moe"] = Transformer(),
        ["deepseek_v2"] = Latent(), ["deepseek_v3"] = Latent(), ["deepseek_v32"] = Latent(), ["kimi_k2"] = Latent(), ["kimi_k25"] = Latent(),
        ["qwen3_next"] = new(DeltaHybrid), ["qwen3_5_moe"] = new(DeltaHybrid),
        ["opt"] = new((c, i) => new LayerGroup(1) { Attention = LayerShapes.Attention(c, i), Mlp = new MlpShape(c.Int("ffn_dim"), Gated: false) }) { Tied = true },
        ["bloom"] = new((c, i) => new LayerGroup(1) { Attention = LayerShapes.Attention(c, i), Mlp = new MlpShape(4 * c.Int("hidden_size", "n_embed"), Gated: false) }) { Tied = true },
        ["mamba"] = new((c, _) => new LayerGroup(1) { StateSpace = LayerShapes.Mamba(c, normed: false) }) { Tied = true },
        ["mamba2"] = new((c, _) => new LayerGroup(1) { StateSpace = LayerShapes.Mamba2(c) }),
        ["jamba"] = new(Jamba),
    };

    /// <summary>Architectures that are understood.</summary>
    public static IReadOnlyCollection<string> Known => Families.Keys;

    /// <param name="json">Text of <c>config.json</c>.</param>
    /// <param name="name">Id of the new entry.</param>
    /// <param name="origin">Where the file comes from, e.g. the Hugging Face id; becomes the entry's source and alias.</param>
    /// <param name="contextLength">For configs that state none (Mamba); null otherwise.</param>
    /// <exception cref="ImportException">Unknown architecture or missing keys: every reason.</exception>
    public static ModelArchitecture Read(string json, string name, string origin, int? contextLength = null)
    {
        var c = HuggingFaceConfig.Parse(json);
        if (!Families.TryGetValue(c.Type, out var family))
        {
            var near = NearestName.Question(c.Type, Families.Keys);
            throw new ImportException([$"Architecture '{c.Type}' is not known, and its layers are not guessed.{(near is null ? "" : " " + near)} Known: {string.Join(", ", Families.Keys)}."]);
        }

        var layers = c.Int("num_hidden_layers", "n_layer", "num_layers");
        var groups = Enumerable.Range(0, layers).Select(i => family.Layer(c, i))
            .GroupBy(g => g).Select(g => g.Key with { Count = g.Count() }).ToImmutableArray();
        var model = new ModelArchitecture(
            name, c.Int("hidden_size", "n_embed", "d_model"), c.Int("vocab_size"),
            contextLength ?? c.Int("max_position_embeddings", "seq_length", "n_positions"), groups, $"config.json of {origin}")
        {
            Aliases = [origin],
            TiedEmbeddings = c.FlagOr(family.Tied, "tie_word_embeddings"),
            PositionEmbeddings = c.Type == "opt" ? c.Int("max_position_embeddings") + 2 : 0,
            DraftLayers = c.IntOr(0, "num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules"),
            NativeExpertFormat = c.QuantizationMethod == "mxfp4" ? NumberFormat.Mxfp4 : null,
        };
        return c.Problems.Count == 0 ? model : throw new ImportException([.. c.Problems.Distinct()]);
    }

    /// <summary>The entry as a catalog file, its source named.</summary>
    public static string ToCatalogJson(ModelArchitecture model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var entry = JsonSerializer.SerializeToNode(model, CatalogJson.Options)!.AsObject();
        entry.Remove("source");
        entry["sources"] = new JsonObject { ["*"] = model.Source };
        return entry.ToJsonString(CatalogJson.Options) + "\n";
    }

    private static Family Transformer() =>
        new((c, i) => LayerShapes.WithFeedForward(new LayerGroup(1) { Attention = LayerShapes.Attention(c, i) }, c, i));

    private static Family Latent() =>
        new((c, i) => LayerShapes.WithFeedForward(new LayerGroup(1) { Mla = LayerShapes.Latent(c) }, c, i));

    /// <summary>Delta nets with full attention at every n-th layer.</summary>
    private static LayerGroup DeltaHybrid(HuggingFaceConfig c, int i)
    {
        var full = c.Word("layer_types", i) is { } type ? type == "full_attention" : (i + 1) % c.IntOr(4, "full_attention_interval") == 0;
        return LayerShapes.WithFeedForward(
            full ? new LayerGroup(1) { Attention = LayerShapes.Attention(c, i) } : new LayerGroup(1) { StateSpace = LayerShapes.DeltaNet(c) }, c, i);
    }

    private static LayerGroup Jamba(HuggingFaceConfig c, int i)
    {
        var full = i % c.Int("attn_layer_period") == c.IntOr(0, "attn_layer_offset");
        return LayerShapes.WithFeedForward(
            full ? new LayerGroup(1) { Attention = LayerShapes.Attention(c, i) } : new LayerGroup(1) { StateSpace = LayerShapes.Mamba(c, normed: true) }, c, i);
    }

    private sealed record Family(Func<HuggingFaceConfig, int, LayerGroup> Layer)
    {
        /// <summary>Embedding and LM head are one matrix unless the config says otherwise.</summary>
        public bool Tied { get; init; }
    }
}
