using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Engine.Models;
using Cluster.Engine.Policies;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Scenarios.Import;

/// <summary>Reads a published model config into a catalog entry.</summary>
public static class HuggingFaceImport
{
    /// <summary>How each known <c>model_type</c> builds layer <c>i</c>.</summary>
    private static readonly SortedDictionary<string, Family> Families = new(StringComparer.Ordinal);

    static HuggingFaceImport()
    {
        string[] transformers =
            ["llama", "mistral", "qwen2", "qwen3", "phi3", "mixtral", "qwen2_moe", "qwen3_moe", "gpt_oss", "minimax_m2", "glm4_moe", "qwen3_vl_moe", "llama4"];
        string[] latent = ["deepseek_v2", "deepseek_v3", "deepseek_v32", "kimi_k2", "kimi_k25", "glm_moe_dsa", "glm4_moe_lite"];
        foreach (var type in transformers) Families[type] = new Family(Transformer);
        foreach (var type in latent) Families[type] = new Family(Latent);
        Families["qwen3_next"] = Families["qwen3_5_moe"] = new Family(DeltaHybrid);
        Families["opt"] = new Family((c, i) => Classic(c, i, c.Int("ffn_dim"))) { Tied = true };
        Families["bloom"] = new Family((c, i) => Classic(c, i, 4 * c.Int("hidden_size", "n_embed"))) { Tied = true };
        Families["mamba"] = new Family((c, _) => new LayerGroup(1) { StateSpace = LayerShapes.Mamba(c, normed: false) }) { Tied = true };
        Families["mamba2"] = new Family((c, _) => new LayerGroup(1) { StateSpace = LayerShapes.Mamba2(c) });
        Families["gemma2"] = Families["gemma3"] = new Family(Transformer) { Tied = true };
        Families["nemotron_h"] = new Family(NemotronHybrid);
        Families["jamba"] = new Family(Jamba);
    }

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
        var groups = Enumerable.Range(0, layers).Select(i => family.Layer(c, i)).OfType<LayerGroup>()
            .GroupBy(g => g).Select(g => g.Key with { Count = g.Count() }).ToImmutableArray();
        var model = new ModelArchitecture(
            name, c.Int("hidden_size", "n_embed", "d_model"), c.Int("vocab_size"),
            contextLength ?? c.Int("max_position_embeddings", "seq_length", "n_positions"), groups, $"config.json of {origin}")
        {
            Aliases = [origin],
            TiedEmbeddings = c.FlagOr(family.Tied, "tie_word_embeddings"),
            PositionEmbeddings = c.Type == "opt" ? c.Int("max_position_embeddings") + 2 : 0,
            DraftLayers = c.IntOr(0, "num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules"),
            BalancedRouting = c.Text("topk_method") == "noaux_tc" || c.FlagOr(false, "use_routing_bias"),
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

    private static LayerGroup Transformer(HuggingFaceConfig c, int i) =>
        LayerShapes.WithFeedForward(new LayerGroup(1) { Attention = LayerShapes.Attention(c, i) }, c, i);

    private static LayerGroup Latent(HuggingFaceConfig c, int i) =>
        LayerShapes.WithFeedForward(new LayerGroup(1) { Mla = LayerShapes.Latent(c) }, c, i);

    /// <summary>Full attention and an MLP of two matrices.</summary>
    private static LayerGroup Classic(HuggingFaceConfig c, int i, int width) =>
        new(1) { Attention = LayerShapes.Attention(c, i), Mlp = new MlpShape(width, Gated: false) };

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

    /// <summary>One letter per block: M Mamba-2, * attention, - the MLP of the mixer before it. Blocks of experts (E) are not known.</summary>
    private static LayerGroup? NemotronHybrid(HuggingFaceConfig c, int i)
    {
        var pattern = c.Text("hybrid_override_pattern") ?? "";
        if (i == 0 && pattern.Length != c.Int("num_hidden_layers")) c.Problem($"hybrid_override_pattern has {pattern.Length} letters; one per layer is needed.");
        var mixer = i < pattern.Length ? pattern[i] : ' ';
        if (mixer == '-') return null;
        if (mixer is not ('M' or '*')) c.Problem($"hybrid_override_pattern has '{mixer}'; of its blocks M, * and - are known.");
        var group = mixer == '*' ? new LayerGroup(1) { Attention = LayerShapes.Attention(c, i) } : new LayerGroup(1) { StateSpace = LayerShapes.Mamba2(c) };
        return i + 1 < pattern.Length && pattern[i + 1] == '-' ? group with { Mlp = new MlpShape(c.Int("intermediate_size"), Gated: false) } : group;
    }

    private sealed record Family(Func<HuggingFaceConfig, int, LayerGroup?> Layer)
    {
        /// <summary>Embedding and LM head are one matrix unless the config says otherwise.</summary>
        public bool Tied { get; init; }
    }
}
