using Cluster.Engine.Units;

namespace Cluster.Engine.Transfer;

/// <summary>What the hand-over desk asks its driver to tell the two sides.</summary>
public enum DeskEffectKind
{
    /// <summary>All KV is at the destination; the source may release it.</summary>
    Arrived,
    /// <summary>Nobody pulled it in time: the source takes its blocks back, the destination computes the prompt itself.</summary>
    Expired,
    /// <summary>A prefix was copied; the prompt can be computed over it.</summary>
    CopyEnded,
    /// <summary>A prefix will not come; the prompt is computed whole.</summary>
    CopyFailed,
}

/// <summary>One effect.</summary>
/// <param name="Bytes">Sent for it.</param>
/// <param name="DurationNs">First set-up → last byte.</param>
/// <param name="ExposedNs">The part of it that no computing hid.</param>
public readonly record struct DeskEffect(
    DeskEffectKind Kind, long RequestId, int Source, int Destination, double Bytes, long DurationNs, long ExposedNs)
{
    /// <summary>When it came about.</summary>
    public long AtNs { get; init; }
}

/// <summary>One hand-over or copy on its way.</summary>
internal sealed class DeskEntry(long id, int source, int destination, HandOver? handOver)
{
    public long Id { get; } = id;
    public int Source { get; } = source;
    public int Destination { get; } = destination;

    /// <summary>Null for a copy.</summary>
    public HandOver? HandOver { get; } = handOver;
    public bool IsCopy => HandOver is null;
    public List<long> Flows { get; } = [];
    public double Bytes { get; set; }
    public long StartedNs { get; set; } = Time.Unset;
    public long HeldSinceNs { get; set; } = Time.Unset;
    public long DeadlineNs { get; set; } = Time.Never;
    public bool Gone { get; set; }

    public DeskEffect Effect(DeskEffectKind kind, long nowNs)
    {
        var started = StartedNs == Time.Unset ? nowNs : StartedNs;
        return new DeskEffect(kind, Id, Source, Destination, Bytes, nowNs - started, nowNs - Math.Max(started, HeldSinceNs)) { AtNs = nowNs };
    }
}
