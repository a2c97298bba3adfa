using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>
/// Attention of one layer group on one rank. Prefill: 4·H·d_h FLOPs per causal pair (FlashAttention, arXiv:2205.14135);
/// decode: every cached K and V element read once per step, shared by the query heads of a group.
/// </summary>
internal sealed class AttentionCost
{
    private readonly GpuProfile _gpu;
    private readonly double _count;
    private readonly int _bound;
    private readonly int _modelBound;
    private readonly double _flopsPerPair;
    private readonly double _decodeFlopsPerPair;
    private readonly double _kvBytesPerToken;
    private readonly double _tokenBytes;
    private readonly double _prefillSecondsPerFlop;
    private readonly double _secondsPerByte;

    public AttentionCost(Deployment deployment, LayerGroup layer, int modelBound)
    {
        _gpu = deployment.Gpu;
        _count = layer.Count;
        _bound = Math.Min(layer.ContextBound, deployment.Retention?.ContextBound ?? int.MaxValue);
        _modelBound = modelBound;
        var tp = deployment.Parallelism.Tp;
        var kvBytes = NumberFormats.BytesPerKvElement(deployment.Kv);
        if (layer.Mla is { } m)
        {
            double heads = DenseGemms.Share(m.QueryHeads, tp);
            _flopsPerPair = 2 * heads * (m.NopeHeadSize + m.RopeHeadSize + m.ValueHeadSize);
            // Decode multiplies queries with the latent itself (weight absorption).
            _decodeFlopsPerPair = 2 * heads * ((2.0 * m.KvRank) + m.RopeHeadSize);
            _tokenBytes = heads * (m.NopeHeadSize + m.RopeHeadSize + m.ValueHeadSize) * 2.0;
            _kvBytesPerToken = layer.KvElementsPerToken * kvBytes;
        }
        else
        {
            var a = layer.Attention!;
            double heads = DenseGemms.Share(a.QueryHeads, tp);
            double kvHeads = DenseGemms.Share(a.KvHeads, tp);
            _flopsPerPair = _decodeFlopsPerPair = 4 * heads * a.HeadSize;
            _tokenBytes = 2 * heads * a.HeadSize * 2.0;
            _kvBytesPerToken = 2 * kvHeads * a.HeadSize * kvBytes;
        }

        var kernels = _gpu.Kernels;
        var peak = _gpu.PeakFlops[NumberFormat.Bf16];
        _prefillSecondsPerFlop = 1 / (peak * kernels.PrefillAttention.ComputeEfficiency);
        _secondsPerByte = 1 / (_gpu.HbmBytesPerSecond * kernels.DecodeAttention.MemoryEfficiency);
    }

    /// <summary>Adds both kernels; the shape is one attention replica's share of the step.</summary>
    public void Add(ref CostSum sum, in StepShape shape)
    {
        if (shape.PrefillSequences > 0) AddPrefill(ref sum, shape);
        if (shape.DecodeSequences > 0) AddDecode(ref sum, shape);
    }

    private void AddPrefill(ref CostSum sum, in StepShape shape)
    {
        var pairs = Pairs(shape);
        var flops = pairs * _flopsPerPair;
        var context = Math.Min(shape.PrefillContextTokens, _bound == int.MaxValue ? double.MaxValue : shape.PrefillTokens + ((double)shape.PrefillSequences * _bound));
        var bytes = (context * _kvBytesPerToken) + (shape.PrefillTokens * _tokenBytes);
        sum.AddRoofline(flops * _prefillSecondsPerFlop, bytes * _secondsPerByte, _gpu.Kernels.PrefillAttention.FloorSeconds, flops, bytes, _count);
    }

    private void AddDecode(ref CostSum sum, in StepShape shape)
    {
        var tokens = Context(shape);
        var flops = tokens * shape.DecodeTokensPerSequence * _decodeFlopsPerPair;
        var bytes = (tokens * _kvBytesPerToken) + ((double)shape.DecodeSequences * shape.DecodeTokensPerSequence * _tokenBytes);
        sum.AddRoofline(flops * _prefillSecondsPerFlop, bytes * _secondsPerByte, _gpu.Kernels.DecodeAttention.FloorSeconds, flops, bytes, _count);
    }

    private double Pairs(in StepShape shape)
    {
        if (_bound == int.MaxValue) return shape.PrefillPairs;
        if (_bound == _modelBound) return shape.PrefillBoundedPairs;
        return Math.Min(shape.PrefillPairs, (double)shape.PrefillTokens * _bound);
    }

    /// <summary>Layers bounded otherwise than the model's own bound see min(bound, mean context) per sequence.</summary>
    private double Context(in StepShape shape)
    {
        if (_bound == int.MaxValue) return shape.DecodeContextTokens;
        if (_bound == _modelBound) return shape.DecodeBoundedContextTokens;
        return Math.Min(shape.DecodeContextTokens, (double)shape.DecodeSequences * _bound);
    }
}
