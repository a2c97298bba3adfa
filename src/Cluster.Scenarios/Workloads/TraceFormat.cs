namespace Cluster.Scenarios.Workloads;

/// <summary>Formats of request traces.</summary>
public enum TraceFormat
{
    /// <summary>CSV <c>TIMESTAMP,ContextTokens,GeneratedTokens</c> (Azure LLM inference traces).</summary>
    Azure,
    /// <summary>JSON lines with <c>timestamp</c> (ms), <c>input_length</c>, <c>output_length</c>, <c>hash_ids</c> of 512-token blocks (Mooncake).</summary>
    Mooncake,
}
