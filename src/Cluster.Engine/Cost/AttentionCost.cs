using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>Attention of one layer group on one rank: prompts and decodes run as two kernels.</summary>
internal sealed class AttentionCost
{
    private readonly PrefillAttentionCurve _prefill;
    private readonly DecodeAttentionCurve _decode;
    private readonly MlaCurve? _mla;
    private readonly Roof _roof;
    private readonly HeadShape _prefillHeads;
    private readonly HeadShape _decodeHeads;
    private readonly double _valueShare;
    private readonly double _count;
    private readonly int _bound;
    private readonly int _modelBound;

    public AttentionCost(Deployment deployment, LayerGroup layer, int modelBound)
    {
        _prefill = deployment.Gpu.Kernels.PrefillAttention;
        var decode = deployment.Gpu.Kernels.DecodeAttention;
        var penalty = deployment.Engine.NarrowCachePenalty;
        _decode = decode with { Fp8Slowdown = 1 + ((decode.Fp8Slowdown - 1) * penalty), Fp8FloorSeconds = decode.Fp8FloorSeconds * penalty };
        _roof = KernelLookup.Roof(deployment.Gpu, NumberFormat.Bf16);
        _count = layer.Count;
        _bound = Math.Min(layer.ContextBound, deployment.Retention?.ContextBound ?? int.MaxValue);
        _modelBound = modelBound;
        _valueShare = 1;
        var tp = deployment.Parallelism.Tp;
        var kvBytes = NumberFormats.BytesPerKvElement(deployment.Kv);
        var narrow = NumberFormats.Bits(deployment.Kv) <= 8;
        if (layer.Mla is { } m)
        {
            _mla = Served(deployment.Gpu.Kernels.Mla, penalty);
            double heads = DenseGemms.Share(m.QueryHeads, tp);
            double latent = m.KvRank + m.RopeHeadSize;
            double headSize = m.NopeHeadSize + m.RopeHeadSize;
            _valueShare = (headSize + m.ValueHeadSize) / (2 * headSize);
            // Prefill expands K and V per head; decode multiplies queries with the latent itself (weight absorption).
            _prefillHeads = new HeadShape(heads, heads, headSize, latent, 2 * headSize, 2, false);
            _decodeHeads = new HeadShape(heads, 1, latent, latent, (2.0 * m.KvRank) + m.RopeHeadSize, kvBytes, narrow);
            return;
        }

        var a = layer.Attention!;
        double kvHeads = DenseGemms.Share(a.KvHeads, tp);
        _prefillHeads = _decodeHeads = new HeadShape(
            DenseGemms.Share(a.QueryHeads, tp), kvHeads, a.HeadSize, 2 * kvHeads * a.HeadSize, 2.0 * a.HeadSize, kvBytes, narrow);
    }

    /// <summary>
    /// The module's curve as a step prices it: its norms, rotary embedding and copies are counted with the other elementwise kernels,
    /// so of its floors, and of what each sequence and head adds to them, only an attention kernel's own is left.
    /// </summary>
    private MlaCurve? Served(MlaCurve? module, double narrowCachePenalty) => module is null ? null : module with
    {
        FloorSeconds = Math.Min(module.FloorSeconds, _decode.FloorSeconds + _decode.TaskSeconds + (_decode.TaskSecondsPerHeadElement * 128)),
        PrefillFloorSeconds = Math.Min(module.PrefillFloorSeconds, _prefill.FloorSeconds),
        SequenceSeconds = Math.Min(module.SequenceSeconds, _decode.SequenceSeconds),
        SequenceHeadSeconds = 0,
        Fp8FloorSeconds = module.Fp8FloorSeconds * narrowCachePenalty,
    };

    /// <summary>Adds both kernels; the shape is one attention replica's share of the step.</summary>
    public void Add(ref CostSum sum, in StepShape shape)
    {
        if (shape.PrefillSequences > 0 && shape.PrefillTokens > 0) AddPrefill(ref sum, shape);
        if (shape.DecodeSequences > 0) AddDecode(ref sum, shape);
    }

    private void AddPrefill(ref CostSum sum, in StepShape shape)
    {
        double sequences = shape.PrefillSequences, tokens = shape.PrefillTokens;
        var pairs = Math.Max(1, Pairs(shape));
        var bounded = _bound < shape.PrefillContextTokens / sequences;
        var context = bounded ? _bound : shape.PrefillContextTokens / sequences;
        var time = _mla is null
            ? Kernels.PrefillAttention(_prefill, _roof, _prefillHeads, sequences, tokens, pairs, context, bounded, _valueShare)
            : Kernels.MlaPrefill(_mla, _prefill, _roof, _prefillHeads, sequences, tokens, pairs, context, _valueShare);
        var flops = 4 * pairs * _prefillHeads.QueryHeads * _prefillHeads.HeadSize * _valueShare;
        var bytes = (context * sequences * _prefillHeads.KvRowElements * _decodeHeads.KvElementBytes) + (tokens * 4 * _prefillHeads.QueryHeads * _prefillHeads.HeadSize);
        sum.Add(time, flops, bytes, _count);
    }

    private void AddDecode(ref CostSum sum, in StepShape shape)
    {
        double rows = Math.Max(1, shape.DecodeTokensPerSequence);
        var context = Math.Max(shape.DecodeSequences, Context(shape));
        var windowed = _bound < shape.DecodeContextTokens / shape.DecodeSequences;
        var time = _mla is null
            ? Kernels.DecodeAttention(_decode, _roof, _decodeHeads, shape.DecodeSequences, rows, context, windowed)
            : Kernels.MlaDecode(_mla, _roof, _decodeHeads, shape.DecodeSequences, rows, context);
        var flops = 2 * context * rows * _decodeHeads.QueryHeads * _decodeHeads.PairWidth;
        sum.Add(time, flops, context * _decodeHeads.KvRowElements * _decodeHeads.KvElementBytes, _count);
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
