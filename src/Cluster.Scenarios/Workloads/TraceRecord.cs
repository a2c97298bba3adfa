using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Workloads;

/// <summary>One line of a trace.</summary>
/// <param name="ArrivalNs">As the trace states it; only differences matter.</param>
/// <param name="InputTokens">At least 1.</param>
/// <param name="OutputTokens">At least 1.</param>
/// <param name="Line">Line in the file, from 1.</param>
public readonly record struct TraceRecord(long ArrivalNs, int InputTokens, int OutputTokens, int Line)
{
    /// <summary>Identity of the prompt's tokens, and perhaps of the answer's, where the trace gives it; null: shared with no other request.</summary>
    public TokenContent? Content { get; init; }

    /// <summary>Conversation the request belongs to; 0: none.</summary>
    public ulong SessionId { get; init; }

    public int Priority { get; init; }

    public string? Model { get; init; }
}

/// <summary>A line of a trace that cannot be read.</summary>
public sealed class TraceException(SourceLocation at, string message, string? value = null) : Exception($"{at}: {message}")
{
    public SourceLocation At { get; } = at;

    public string Problem { get; } = message;

    public string? Value { get; } = value;
}
