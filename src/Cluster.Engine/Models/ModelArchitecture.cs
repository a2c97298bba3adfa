using System.Collections.Immutable;

namespace Cluster.Engine.Models;

/// <summary>A model's shape: what the cost model needs to count its weights, FLOPs and bytes. Biases are neglected.</summary>
/// <param name="Name">Catalog id, e.g. <c>llama-3.1-70b</c>.</param>
/// <param name="HiddenSize">d: width of the residual stream.</param>
/// <param name="VocabularySize">Rows of the embedding and of the LM head.</param>
/// <param name="ContextLength">Longest sequence, in tokens.</param>
/// <param name="Layers">Groups of like layers; order between groups does not matter to cost.</param>
/// <param name="Source">Where the shape comes from.</param>
public sealed record ModelArchitecture(
    string Name,
    int HiddenSize,
    int VocabularySize,
    int ContextLength,
    ImmutableArray<LayerGroup> Layers,
    string Source)
{
    /// <summary>Names of the same weights elsewhere (Hugging Face ids): how measured points name the model.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Embedding and LM head share one matrix.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Learned position rows (OPT, GPT-2), each of <see cref="HiddenSize"/>; 0 with rotary or ALiBi positions.</summary>
    public int PositionEmbeddings { get; init; }

    /// <summary>Multi-token-prediction layers shipped with the weights; held and run only when speculating with them.</summary>
    public int DraftLayers { get; init; }

    /// <summary>Published total parameters, for the test that the shape above counts to it; null when not published.</summary>
    public double? PublishedParameters { get; init; }

    /// <summary>Published active parameters per token; null when not published or dense.</summary>
    public double? PublishedActiveParameters { get; init; }

    /// <summary>Format of the published expert weights when it differs from the rest (gpt-oss: MXFP4); null: the same.</summary>
    public NumberFormat? NativeExpertFormat { get; init; }

    /// <summary>
    /// Its router was trained to spread tokens evenly by a bias on each expert's score (arXiv:2408.15664; <c>noaux_tc</c>, <c>use_routing_bias</c> in
    /// Hugging Face configs): served, few experts are much more popular than others.
    /// </summary>
    public bool BalancedRouting { get; init; }

    /// <summary>Decoder layers over all groups, without <see cref="DraftLayers"/>.</summary>
    public int LayerCount => Layers.Sum(g => g.Count);

    /// <summary>True when some layers route tokens to experts.</summary>
    public bool IsMoe => Layers.Any(g => g.Moe is not null);
}
