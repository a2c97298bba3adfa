namespace Cluster.Engine.Cost;

/// <summary>Where one rank's HBM goes, in bytes, and what KV fits in the rest.</summary>
/// <param name="HbmBytes">The GPU's memory.</param>
/// <param name="UsableBytes">What the engine claims of it: see <see cref="Utilization"/>.</param>
/// <param name="WeightBytes">Weights held by the fullest rank, scales included.</param>
/// <param name="ActivationBytes">Peak activations of a full token budget.</param>
/// <param name="GraphBytes">CUDA graphs and the runtime's own buffers.</param>
/// <param name="KvBytesPerToken">KV bytes that one token adds on the fullest rank, over its layers.</param>
/// <param name="StateBytesPerSequence">Fixed bytes per sequence: SSM state, bounded windows counted full.</param>
/// <param name="InstanceKvBytesPerToken">KV bytes of one token over all ranks without duplicates: what a transfer must move.</param>
/// <param name="SequenceReplicas">Attention replicas over which sequences spread (data-parallel attention): the pool's tokens are per replica times this.</param>
public sealed record MemoryPlan(
    double HbmBytes,
    double UsableBytes,
    double WeightBytes,
    double ActivationBytes,
    double GraphBytes,
    double KvBytesPerToken,
    double StateBytesPerSequence,
    double InstanceKvBytesPerToken,
    int SequenceReplicas)
{
    /// <summary>The share that was asked for: of all memory, or of what weights, activations and graphs leave (<see cref="Hardware.EngineProfile.ClaimsShareOfFree"/>).</summary>
    public double Utilization { get; init; } = UsableBytes / HbmBytes;

    /// <summary>Bytes per rank left for KV; negative when the model does not fit.</summary>
    public double KvBytes => UsableBytes - WeightBytes - ActivationBytes - GraphBytes;

    /// <summary>Tokens of KV the whole instance holds; 0 when the model does not fit.</summary>
    public long KvTokens => KvBytes <= 0 ? 0 : KvBytesPerToken <= 0 ? long.MaxValue : (long)(KvBytes / KvBytesPerToken) * SequenceReplicas;
}
