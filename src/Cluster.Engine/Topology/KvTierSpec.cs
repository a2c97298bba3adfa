using Cluster.Engine.Hardware;

namespace Cluster.Engine.Topology;

/// <summary>Where a tier of KV below HBM lies.</summary>
public enum KvTierKind
{
    /// <summary>Memory of the host.</summary>
    Host,
    /// <summary>A local disk, reached through host memory.</summary>
    Ssd,
    /// <summary>A store over the network, one for all instances.</summary>
    Remote,
}

/// <summary>A tier that holds KV which HBM has no room for.</summary>
/// <param name="Blocks">Capacity, in blocks of the instance.</param>
/// <param name="BytesPerBlock">KV bytes of one block, over all ranks.</param>
/// <param name="Link">Between HBM and the tier, per direction and instance.</param>
public sealed record KvTierSpec(KvTierKind Kind, long Blocks, double BytesPerBlock, LinkProfile Link)
{
    /// <summary>Copies under way at a time, per direction; the next one waits. Dynamo's block manager moves 4 (<c>MAX_CONCURRENT_TRANSFERS</c>).</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Of a remote store: what all instances share, per direction; null: it is never in the way.</summary>
    public double? StoreBytesPerSecond { get; init; }

    /// <summary>Copies up and down do not slow each other: PCIe and networks are duplex, the two share a disk's bandwidth.</summary>
    public bool IsDuplex => Kind != KvTierKind.Ssd;
}
