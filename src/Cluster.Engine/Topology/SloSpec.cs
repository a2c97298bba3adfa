namespace Cluster.Engine.Topology;

/// <summary>Service-level objectives; a request meets them when all those set hold. Null: not asked for.</summary>
public sealed record SloSpec(long? TtftNs = null, long? TpotNs = null, long? E2eNs = null)
{
    public bool IsMetBy(long ttftNs, double tpotNs, long e2eNs) =>
        (TtftNs is null || ttftNs <= TtftNs) && (TpotNs is null || tpotNs <= TpotNs) && (E2eNs is null || e2eNs <= E2eNs);
}
