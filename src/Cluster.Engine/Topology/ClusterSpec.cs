using System.Collections.Immutable;
using Cluster.Engine.Faults;
using Cluster.Engine.Hardware;

namespace Cluster.Engine.Topology;

/// <summary>A whole cluster, resolved and validated: what both drivers run.</summary>
/// <param name="Name">Names the variant in reports, e.g. <c>2P2D</c> or <c>aggregated</c>.</param>
/// <param name="Link">Carries KV between instances; null when nothing is disaggregated.</param>
/// <param name="Seed">All randomness of the run derives from it.</param>
public sealed record ClusterSpec(
    string Name,
    ImmutableArray<InstanceSpec> Instances,
    LinkProfile? Link,
    TransferSpec Transfer,
    RouterSpec Router,
    SloSpec Slo,
    ulong Seed)
{
    /// <summary>Emulated cost of parsing and tokenising, per prompt token: the <c>tokenize</c> hop.</summary>
    public double TokenizeNsPerToken { get; init; }

    /// <summary>What goes wrong, and when; in no particular order.</summary>
    public ImmutableArray<Fault> Faults { get; init; } = [];

    /// <summary>True when some prompts are computed on other instances than their output.</summary>
    public bool IsDisaggregated => Instances.Any(i => i.Role == InstanceRole.Prefill);

    /// <summary>GPUs over all instances.</summary>
    public int Gpus => Instances.Sum(i => i.Deployment.Parallelism.Gpus);
}
