using System.Collections.Immutable;
using Cluster.Engine.Autoscaling;
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
    /// <summary>What a request waits before it is routed.</summary>
    public FrontEnd FrontEnd { get; init; } = FrontEnd.None;

    /// <summary>Bytes per second that all transfers between instances share; null: the fabric between their ports is never in the way.</summary>
    public double? FabricBytesPerSecond { get; init; }

    /// <summary>How pools grow and shrink; null: they do not. <see cref="Instances"/> then holds as many as there may come to be.</summary>
    public AutoscaleSpec? Autoscale { get; init; }

    /// <summary>What goes wrong, and when; in no particular order.</summary>
    public ImmutableArray<Fault> Faults { get; init; } = [];

    /// <summary>Some instances keep KV in a store over the network, which they share.</summary>
    public bool HasStores => Instances.Any(i => i.Kv.RemoteTier is not null);

    /// <summary>True when some prompts are computed on other instances than their output.</summary>
    public bool IsDisaggregated => Instances.Any(i => i.Role == InstanceRole.Prefill);

    /// <summary>The instance of this name: one of <see cref="Instances"/>, or one more of its pool, such as <c>decode-7</c>.</summary>
    /// <exception cref="ArgumentException">No pool has instances of such a name.</exception>
    public InstanceSpec Find(string instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        foreach (var known in Instances)
            if (known.Name == instance) return known;
        var dash = instance.LastIndexOf('-');
        foreach (var alike in Instances)
            if (dash > 0 && instance.AsSpan(0, dash).SequenceEqual(alike.Pool)) return alike with { Name = instance };
        throw new ArgumentException($"Cluster '{Name}' has no instance '{instance}'; it has {string.Join(", ", Instances.Select(i => i.Name))}.", nameof(instance));
    }

    /// <summary>The instance of this name on the ranks that it was given at run time; null: on those of its pool.</summary>
    /// <exception cref="ArgumentException">No pool has instances of such a name, or it cannot run on such ranks.</exception>
    public InstanceSpec Find(string instance, Parallelism? parallelism)
    {
        var spec = Find(instance);
        if (parallelism is null) return spec;
        var reshaped = spec.On(parallelism);
        return reshaped.Instance ?? throw new ArgumentException(string.Join(' ', reshaped.Reasons), nameof(parallelism));
    }

    /// <summary>GPUs over all instances.</summary>
    public int Gpus => Instances.Sum(i => i.Deployment.Parallelism.Gpus);
}
