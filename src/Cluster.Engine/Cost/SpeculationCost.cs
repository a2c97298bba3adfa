using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>What drafting adds to a verifying step. Verification itself is the step: 1 + K tokens per sequence.</summary>
internal sealed class SpeculationCost
{
    private readonly SpeculativeDecoding _speculation;
    private readonly GemmCost _body;
    private readonly GemmCost _head;
    private readonly GemmShape[] _layer;
    private readonly GemmShape _headShape;
    private readonly TokenCost _target;

    public SpeculationCost(Deployment deployment, SpeculativeDecoding speculation)
    {
        _speculation = speculation;
        var model = deployment.Model;
        var tp = deployment.Parallelism.Tp;
        _body = GemmCost.Of(deployment, deployment.Weights);
        _head = new GemmCost(deployment.Gpu, NumberFormat.Bf16);
        _headShape = new GemmShape(DenseGemms.Share(model.VocabularySize, tp), model.HiddenSize, NumberFormat.Bf16, 1);
        var last = model.Layers[^1] with { Count = 1 };
        _layer = [.. DenseGemms.Of(deployment with { Model = model with { Layers = [last] } })];
        _target = new TokenCost(deployment with { Speculation = null });
    }

    public void Add(ref CostSum sum, in StepShape shape)
    {
        if (shape.DecodeSequences == 0) return;
        double sequences = shape.DecodeSequences;
        // Fewer than K where the step's token budget does not reach.
        var drafts = Math.Max(0, shape.DecodeTokensPerSequence - 1);
        if (_speculation.Method == DraftMethod.DraftModel)
        {
            sum.Add(_target.Join(_target.OfReplica(sequences), _target.OfAll(sequences)), _speculation.DraftCost * drafts);
            return;
        }

        var passes = _speculation.Method == DraftMethod.Medusa ? Math.Min(1, drafts) : drafts;
        var heads = _speculation.Method == DraftMethod.Medusa ? drafts : 1;
        var draft = default(CostSum);
        if (_speculation.Method != DraftMethod.Medusa)
            foreach (ref readonly var shapeOfLayer in _layer.AsSpan()) _body.Add(ref draft, sequences, in shapeOfLayer);
        _head.Add(ref draft, sequences, _headShape with { Count = heads });
        sum.Add(draft, passes);
    }
}
