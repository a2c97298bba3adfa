using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>
/// What drafting adds to a verifying step. Verification itself is the step: 1 + K tokens per sequence. A draft layer first sees every token that the target saw in this
/// step, prompts included, since its own KV must hold them; then one token of each decoding sequence for every further draft (vLLM's <c>EagleProposer.propose</c>).
/// </summary>
internal sealed class SpeculationCost
{
    private readonly SpeculativeDecoding _speculation;
    private readonly GemmCost _head;
    private readonly GemmShape _headShape;
    private readonly TokenCost? _target;
    private readonly TokenCostTable? _layer;
    private readonly AttentionCost? _attention;
    private readonly StateSpaceCost? _state;
    private readonly GemmCost _joins;
    private readonly GemmShape _join;

    public SpeculationCost(Deployment deployment, SpeculativeDecoding speculation, int boundedContextTokens)
    {
        _speculation = speculation;
        var (model, tp) = (deployment.Model, deployment.Parallelism.Tp);
        _head = new GemmCost(deployment.Gpu, NumberFormat.Bf16);
        _headShape = new GemmShape(DenseGemms.Share(model.VocabularySize, tp), model.HiddenSize, NumberFormat.Bf16, 1);
        // The token's embedding and the target's hidden state become one input, on every rank alike.
        _joins = new GemmCost(deployment.Gpu, NumberFormat.Bf16);
        _join = new GemmShape(model.HiddenSize, 2 * model.HiddenSize, NumberFormat.Bf16, 1);
        if (speculation.Method == DraftMethod.DraftModel) _target = new TokenCost(deployment with { Speculation = null });
        if (speculation.DraftLayer(model) is not { } layer) return;
        var drafter = deployment with { Model = model with { Layers = [layer] }, Speculation = null };
        _layer = new TokenCostTable(new TokenCost(drafter), deployment.Parallelism.Dp > 1);
        if (layer.StateSpace is null) _attention = new AttentionCost(drafter, layer, boundedContextTokens);
        else _state = new StateSpaceCost(drafter, layer);
    }

    /// <param name="replica">The step of the busiest attention replica.</param>
    /// <param name="all">That of all replicas.</param>
    public void Add(ref CostSum sum, in StepShape replica, in StepShape all)
    {
        // Fewer than K where the step's token budget does not reach.
        var drafts = replica.DecodeSequences == 0 ? 0 : Math.Max(0, replica.DecodeTokensPerSequence - 1);
        double sequences = replica.DecodeSequences;
        if (_target is not null)
        {
            if (drafts > 0) sum.Add(_target.Join(_target.OfReplica(sequences), _target.OfAll(all.DecodeSequences)), _speculation.DraftCost * drafts);
            return;
        }

        if (drafts > 0) _head.Add(ref sum, sequences, _headShape with { Count = drafts });
        if (_layer is null) return;
        AddPass(ref sum, replica, all.TotalTokens, 1);
        if (drafts > 1) AddPass(ref sum, Next(replica), all.DecodeSequences, drafts - 1);
    }

    /// <summary>One more token of each decoding sequence.</summary>
    private static StepShape Next(in StepShape replica) =>
        replica.Part(prefill: 0, decode: 1) with { DecodeTokensPerSequence = 1 };

    private void AddPass(ref CostSum sum, in StepShape replica, long allTokens, int count)
    {
        var pass = _layer!.Get(replica.TotalTokens, allTokens);
        _attention?.Add(ref pass, replica);
        _state?.Add(ref pass, replica);
        _joins.Add(ref pass, replica.TotalTokens, in _join);
        sum.Add(pass, count);
    }
}
