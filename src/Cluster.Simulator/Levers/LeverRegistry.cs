using Cluster.Engine.Models;
using Cluster.Engine.Routing;
using Cluster.Simulator.Levers.Compute;
using Cluster.Simulator.Levers.Memory;
using Cluster.Simulator.Levers.Model;
using Cluster.Simulator.Levers.Runtime;
using Cluster.Simulator.Levers.Topology;

namespace Cluster.Simulator.Levers;

/// <summary>The levers there are. The command, its help and the documents read this list.</summary>
public static class LeverRegistry
{
    public static IReadOnlyList<ILever> All { get; } =
    [
        new WeightFormatLever(NumberFormat.Fp8),
        new WeightFormatLever(NumberFormat.Int8),
        new WeightFormatLever(NumberFormat.Int4),
        new WeightFormatLever(NumberFormat.Nvfp4),
        new KvFormatLever(NumberFormat.Fp8),
        new KvFormatLever(NumberFormat.Int4),
        new RetentionLever("kv-window", 2048, 0),
        new RetentionLever("heavy-hitters", 1024, 1024),
        new HostTierLever(),
        new SpeculationLever(),
        new PrefixCachingLever(),
        new ChunkedPrefillLever(),
        new TokenBudgetLever("smaller-chunks", 0.25),
        new TokenBudgetLever("larger-chunks", 2),
        new BatchSizeLever("larger-batch", 2),
        new BatchSizeLever("smaller-batch", 0.5),
        new PagingLever(),
        new ContinuousBatchingLever(),
        new FusionLever(),
        new CudaGraphsLever(),
        new TensorParallelLever("wider-tp", 2),
        new TensorParallelLever("narrower-tp", 0.5),
        new PipelineLever(),
        new ExpertParallelLever(),
        new RedundantExpertsLever(),
        new TwoBatchOverlapLever(),
        new DisaggregationLever(),
        new AggregationLever(),
        new RatioLever("more-prefill", 1),
        new RatioLever("more-decode", -1),
        .. Routers.Registry.All.Select(p => new RoutingLever(p.Name)),
        new LayerwiseTransferLever(),
        new ConditionalDisaggregationLever(),
        new FasterLinkLever(),
        new MixtureOfExpertsLever(),
        new GroupedQueryLever(),
        new LatentAttentionLever(),
        new SlidingWindowLever(),
    ];

    public static ILever? Find(string name) => All.FirstOrDefault(l => l.Name == name);
}
