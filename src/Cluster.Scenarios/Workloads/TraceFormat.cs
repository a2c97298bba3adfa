namespace Cluster.Scenarios.Workloads;

/// <summary>Formats of request traces.</summary>
public enum TraceFormat
{
    /// <summary>CSV <c>TIMESTAMP,ContextTokens,GeneratedTokens</c> (Azure LLM inference traces).</summary>
    Azure,
    /// <summary>JSON lines with <c>timestamp</c> (ms), <c>input_length</c>, <c>output_length</c>, <c>hash_ids</c> of 512-token blocks (Mooncake).</summary>
    Mooncake,
    /// <summary>CSV <c>Timestamp,Model,Request tokens,Response tokens,…</c>, seconds (BurstGPT); an answer of 0 tokens is a failed request and skipped.</summary>
    BurstGpt,
    /// <summary>JSON array of <c>{ "conversations": [{ "from", "value" }] }</c> texts, without times (ShareGPT).</summary>
    ShareGpt,
    /// <summary>This project's own JSON lines; see <see cref="JsonlTrace"/>.</summary>
    Jsonl,
}
