using System.Collections.Immutable;

namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>The laws there are, in the order one meets them.</summary>
public static class Laws
{
    public static ImmutableArray<Law> All { get; } =
    [
        WeightBytes.Law, DecodeCeiling.Law, KvPerToken.Law, LatentKvPerToken.Law, Capacity.Law, RidgePoint.Law, PrefillTime.Law, AttentionCrossover.Law,
        ExpertMixture.Law, SpeculativeGain.Law, TensorParallelStep.Law, PipelineBubble.Law, PagingWaste.Law, PrefixReuse.Law, MinimumGpus.Law, TransferTime.Law,
    ];
}
