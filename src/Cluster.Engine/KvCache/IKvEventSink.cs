namespace Cluster.Engine.KvCache;

/// <summary>Learns which blocks enter and leave a prefix cache: what a router's index is fed with.</summary>
public interface IKvEventSink
{
    /// <summary>The block with this chained key can be hit from now on.</summary>
    void Stored(ulong key);

    /// <summary>The block was evicted.</summary>
    void Removed(ulong key);
}
