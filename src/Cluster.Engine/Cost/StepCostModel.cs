using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>
/// Prices a step as the sum of its operators on the slowest rank, plus collectives, plus host time. Terms that depend on
/// token counts alone are kept per count after their first use; attention is priced each time.
/// </summary>
public sealed class StepCostModel : IStepCostModel
{
    private readonly Deployment _deployment;
    private readonly TokenCost _tokens;
    private readonly TokenCostTable _table;
    private readonly AttentionCost[] _attention;
    private readonly StateSpaceCost[] _states;
    private readonly RowCostTable _head;
    private readonly DecodeCostTable _decodes = new();
    private readonly HostCost _host;
    private readonly SpeculationCost? _speculation;
    private readonly CollectiveCost _collectives;

    /// <exception cref="ArgumentException">The deployment is impossible; the message gives every reason.</exception>
    public StepCostModel(Deployment deployment)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        DeploymentRules.ThrowIfImpossible(deployment);
        _deployment = deployment;
        var model = deployment.Model;
        BoundedContextTokens = BoundOf(deployment);
        _tokens = new TokenCost(deployment);
        _table = new TokenCostTable(_tokens, deployment.Parallelism.Dp > 1);
        _attention = [.. model.Layers.Where(g => g.StateSpace is null).Select(g => new AttentionCost(deployment, g, BoundedContextTokens))];
        _states = [.. model.Layers.Where(g => g.StateSpace is not null).Select(g => new StateSpaceCost(deployment, g))];
        _head = new RowCostTable(
            new GemmCost(deployment.Gpu, NumberFormat.Bf16),
            new GemmShape(DenseGemms.Share(model.VocabularySize, deployment.Parallelism.Tp), model.HiddenSize, NumberFormat.Bf16, 1));
        _host = new HostCost(deployment);
        _speculation = deployment.Speculation is { } s ? new SpeculationCost(deployment, s, BoundedContextTokens) : null;
        _collectives = new CollectiveCost(deployment.Gpu, deployment.Engine);
    }

    public int BoundedContextTokens { get; }

    public StepCost Evaluate(in StepShape shape)
    {
        if (!DecodeCostTable.Covers(in shape)) return Price(in shape);
        if (_decodes.TryGet(in shape, out var known)) return known;
        var cost = Price(in shape);
        _decodes.Keep(in shape, in cost);
        return cost;
    }

    private StepCost Price(in StepShape step)
    {
        if (step.TotalTokens == 0) return default;
        var (dp, pp) = (_deployment.Parallelism.Dp, _deployment.Parallelism.Pp);
        if (pp == 1) return Price(step, dp);
        var batches = MicroBatches.Of(step, pp);
        var cost = Price(batches.Largest(step), dp).OfRank(batches.Occupancy);
        return step.FillsPipeline ? cost.Stretched(batches.FillFactor) : cost;
    }

    private StepCost Price(in StepShape shape, int dp)
    {
        var replica = dp == 1 ? shape : BusiestReplica(shape, dp);
        var sum = _table.Get(replica.TotalTokens, shape.TotalTokens);
        foreach (var attention in _attention) attention.Add(ref sum, replica);
        foreach (var state in _states) state.Add(ref sum, replica);
        _head.Add(ref sum, Math.Ceiling((double)shape.SampledSequences / dp) * Math.Max(1, shape.DecodeSequences > 0 ? shape.DecodeTokensPerSequence : 1));
        AddPipeline(ref sum, replica);
        _speculation?.Add(ref sum, replica, shape);
        // Kernels of a GPU without tables of its own are another's, scaled.
        sum.Extrapolated = _deployment.Gpu.DerivedFrom is not null || FittedRange.IsBeyond(in replica, shape.TotalTokens, _deployment.Model.IsMoe);
        return Finish(sum, replica);
    }

    /// <summary>A micro-batch passes the stages one after another; each boundary moves the activations once.</summary>
    private void AddPipeline(ref CostSum sum, in StepShape replica)
    {
        var split = _deployment.Parallelism;
        if (split.Pp == 1) return;
        var bytes = replica.TotalTokens * (double)_deployment.Model.HiddenSize * NumberFormats.BytesPerWeight(_deployment.Activations) / split.Tp;
        sum.AddNetwork(_collectives.PointToPointSeconds(bytes, split.Gpus <= _deployment.Gpu.GpusPerDomain), bytes, split.Pp - 1);
    }

    /// <summary>Every attention replica has its own host process, so host time follows the replica.</summary>
    private StepCost Finish(in CostSum sum, in StepShape replica)
    {
        var slowdown = PrefillSlowdown(replica);
        var floors = sum.FloorSeconds * _deployment.Engine.KernelFloorShare * slowdown;
        var bandwidth = (sum.BandwidthSeconds + sum.StreamSeconds) * slowdown;
        var (compute, network) = (sum.ComputeSeconds * slowdown * _deployment.Engine.ComputeSlowdown, sum.NetworkSeconds * slowdown);
        var gpuSeconds = compute + bandwidth + network + floors;
        var host = _host.ExposedSeconds(replica, gpuSeconds);
        return new StepCost(
            gpuSeconds + host, compute, bandwidth, network, floors + host,
            sum.Flops, sum.HbmBytes, sum.NetworkBytes, sum.Extrapolated);
    }

    /// <summary>See <see cref="Hardware.EngineProfile.ExpertPrefillSlowdown"/>; a step of prompts and decodes pays by its share of prompt tokens.</summary>
    private double PrefillSlowdown(in StepShape replica) =>
        !_deployment.Model.IsMoe || replica.PrefillTokens == 0 ? 1
        : 1 + ((_deployment.Engine.ExpertPrefillSlowdown - 1) * replica.PrefillTokens / replica.TotalTokens);

    /// <summary>Sequences are dealt whole to replicas; the busiest gets its share rounded up.</summary>
    private static StepShape BusiestReplica(in StepShape shape, int replicas)
    {
        var prefill = shape.BusiestPrefillShare > 0 ? shape.BusiestPrefillShare : MicroBatches.EvenShare(shape.PrefillSequences, replicas);
        return shape.Part(prefill, MicroBatches.EvenShare(shape.DecodeSequences, replicas));
    }

    private static int BoundOf(Deployment deployment)
    {
        var retention = deployment.Retention?.ContextBound ?? int.MaxValue;
        var bound = deployment.Model.Layers.Where(g => g.StateSpace is null).Select(g => g.ContextBound).DefaultIfEmpty(int.MaxValue).Min();
        return Math.Min(bound, retention);
    }
}
