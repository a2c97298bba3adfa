using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>Lists the dense matrix products of one layer on one rank, sharded over tensor-parallel ranks (Megatron, arXiv:1909.08053 §3).</summary>
internal static class DenseGemms
{
    /// <summary>The products that all new tokens of the rank's attention replica pass through.</summary>
    public static List<GemmShape> Of(Deployment deployment)
    {
        var shapes = new List<GemmShape>();
        foreach (var layer in deployment.Model.Layers) AddLayer(deployment, layer, shapes);
        return Merge(shapes);
    }

    private static void AddLayer(Deployment deployment, LayerGroup layer, List<GemmShape> shapes)
    {
        var (d, tp, format) = (deployment.Model.HiddenSize, deployment.Parallelism.Tp, deployment.Weights);
        double count = layer.Count;
        if (layer.Attention is { } a)
        {
            var query = Share(a.QueryHeads, tp) * a.HeadSize;
            shapes.Add(new(((a.OutputGate ? 2 : 1) * query) + (2 * Share(a.KvHeads, tp) * a.HeadSize), d, format, count));
            shapes.Add(new(d, query, format, count));
        }
        else if (layer.Mla is { } m) AddMla(m, d, tp, format, count, shapes);
        else if (layer.StateSpace is { } s)
        {
            shapes.Add(new(Share(s.InputProjectionSize, tp), d, format, count));
            shapes.Add(new(d, Share(s.InnerSize, tp), format, count));
        }

        if (layer.Mlp is { } mlp) AddMlp(mlp.Size, mlp.Gated, d, tp, format, count, shapes);
        if (layer.Moe is not { } moe) return;
        shapes.Add(new(moe.Experts, d, moe.RouterFormat, count));
        if (moe.SharedSize > 0) AddMlp(moe.SharedSize, moe.Gated, d, tp, format, count, shapes, besideExperts: true);
    }

    private static void AddMla(MlaShape m, int d, int tp, NumberFormat format, double count, List<GemmShape> shapes)
    {
        var heads = Share(m.QueryHeads, tp);
        var headSize = m.NopeHeadSize + m.RopeHeadSize;
        // The latent down-projections are replicated on every rank; engines fuse the two.
        shapes.Add(new(m.QueryRank + m.KvRank + m.RopeHeadSize, d, format, count));
        shapes.Add(new(heads * headSize, m.QueryRank > 0 ? m.QueryRank : d, format, count));
        shapes.Add(new(heads * (m.NopeHeadSize + m.ValueHeadSize), m.KvRank, format, count));
        shapes.Add(new(d, heads * m.ValueHeadSize, format, count));
        if (m.IndexerHeads > 0)
            shapes.Add(new(m.IndexerHeads * m.IndexerHeadSize, m.QueryRank > 0 ? m.QueryRank : d, format, count));
    }

    private static void AddMlp(int size, bool gated, int d, int tp, NumberFormat format, double count, List<GemmShape> shapes, bool besideExperts = false)
    {
        shapes.Add(new((gated ? 2 : 1) * Share(size, tp), d, format, count) { IsBesideExperts = besideExperts });
        shapes.Add(new(d, Share(size, tp), format, count) { IsBesideExperts = besideExperts });
    }

    private static List<GemmShape> Merge(List<GemmShape> shapes)
    {
        var merged = new List<GemmShape>();
        foreach (var shape in shapes)
        {
            var at = merged.FindIndex(s => s with { Count = shape.Count } == shape);
            if (at < 0) merged.Add(shape);
            else merged[at] = merged[at] with { Count = merged[at].Count + shape.Count };
        }

        return merged;
    }

    /// <summary>A rank's share, rounded up: heads fewer than ranks are replicated.</summary>
    internal static int Share(int whole, int ranks) => (whole + ranks - 1) / ranks;
}
