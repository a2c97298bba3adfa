namespace Cluster.Engine.Topology;

/// <summary>What an instance does for a request.</summary>
public enum InstanceRole
{
    /// <summary>Computes prompts and hands their KV on.</summary>
    Prefill,
    /// <summary>Receives KV and generates; may compute short prompts itself.</summary>
    Decode,
    /// <summary>Does both, on the same GPUs.</summary>
    Aggregated,
}
