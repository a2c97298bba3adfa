namespace Cluster.Engine.Models;

/// <summary>Weights counted once: capacity, FLOPs and bytes all read these numbers.</summary>
public static class ParameterCount
{
    /// <summary>All weights of the model, drafts excluded.</summary>
    public static double Total(ModelArchitecture model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Embeddings(model) + LmHead(model) + Norms(model) + model.Layers.Sum(g => g.Count * (Mixer(model, g) + Dense(model, g) + Experts(model, g)));
    }

    /// <summary>Weights that one token multiplies: chosen experts only, the embedding's lookup left out, the LM head included.</summary>
    public static double Active(ModelArchitecture model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return OutputMatrix(model) + Norms(model) + model.Layers.Sum(g => g.Count * (Mixer(model, g) + Dense(model, g) + ActiveExperts(model, g)));
    }

    /// <summary>Input embedding and learned positions.</summary>
    public static double Embeddings(ModelArchitecture model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ((double)model.VocabularySize + model.PositionEmbeddings) * model.HiddenSize;
    }

    /// <summary>The LM head's own weights: 0 when tied to the embedding.</summary>
    public static double LmHead(ModelArchitecture model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.TiedEmbeddings ? 0 : OutputMatrix(model);
    }

    /// <summary>The matrix that makes logits, tied or not.</summary>
    public static double OutputMatrix(ModelArchitecture model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return (double)model.VocabularySize * model.HiddenSize;
    }

    /// <summary>Two norms per layer and one at the end.</summary>
    public static double Norms(ModelArchitecture model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ((2.0 * model.LayerCount) + 1) * model.HiddenSize;
    }

    /// <summary>Projections of one layer's token mixer.</summary>
    public static double Mixer(ModelArchitecture model, LayerGroup layer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(layer);
        double d = model.HiddenSize;
        if (layer.Attention is { } a)
            return d * a.HeadSize * (((a.OutputGate ? 3.0 : 2.0) * a.QueryHeads) + (2.0 * a.KvHeads));
        if (layer.Mla is { } m) return Mla(d, m);
        if (layer.StateSpace is { } s)
            return (d * ((double)s.InputProjectionSize + s.InnerSize)) + ((double)s.ConvolutionChannels * s.ConvolutionSize) + s.ExtraParameters;
        return 0;
    }

    private static double Mla(double d, MlaShape m)
    {
        double queryWidth = m.QueryHeads * (m.NopeHeadSize + m.RopeHeadSize);
        var query = m.QueryRank > 0 ? (d * m.QueryRank) + (m.QueryRank * queryWidth) : d * queryWidth;
        var keyValue = (d * (m.KvRank + m.RopeHeadSize)) + ((double)m.KvRank * m.QueryHeads * (m.NopeHeadSize + m.ValueHeadSize));
        var indexer = m.IndexerHeads == 0
            ? 0
            : ((double)(m.QueryRank > 0 ? m.QueryRank : (int)d) * m.IndexerHeads * m.IndexerHeadSize) + (d * (m.IndexerHeadSize + m.IndexerHeads));
        return query + keyValue + (d * m.QueryHeads * m.ValueHeadSize) + indexer;
    }

    /// <summary>One layer's dense MLP, shared experts and router: what every token visits besides the mixer.</summary>
    public static double Dense(ModelArchitecture model, LayerGroup layer)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(layer);
        double d = model.HiddenSize;
        if (layer.Mlp is { } mlp) return Matrices(mlp.Gated) * d * mlp.Size;
        return layer.Moe is { } moe ? (Matrices(moe.Gated) * d * moe.SharedSize) + (d * moe.Experts) : 0;
    }

    /// <summary>All routed experts of one layer.</summary>
    public static double Experts(ModelArchitecture model, LayerGroup layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Moe is { } moe ? moe.Experts * Expert(model, moe) : 0;
    }

    /// <summary>The routed experts that one token visits in one layer.</summary>
    public static double ActiveExperts(ModelArchitecture model, LayerGroup layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Moe is { } moe ? moe.ActiveExperts * Expert(model, moe) : 0;
    }

    /// <summary>One routed expert.</summary>
    public static double Expert(ModelArchitecture model, MoeShape moe)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(moe);
        return Matrices(moe.Gated) * model.HiddenSize * moe.ExpertSize;
    }

    private static double Matrices(bool gated) => gated ? 3.0 : 2.0;
}
