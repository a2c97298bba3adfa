using Cluster.Engine.Requests;

namespace Cluster.Gateway.Backend;

/// <summary>One sequence to generate, planned: a request for <c>n</c> choices becomes <c>n</c> of these.</summary>
/// <param name="Spec">
/// Lengths and content. Its id is unique in this gateway process; its arrival is 0 (the backend stamps its own clock).
/// Content covers prompt and planned output in segments of 16 tokens named by their hash.
/// </param>
/// <param name="RequestId">The client's <c>x-request-id</c>, or one made for it; for traces and logs.</param>
/// <param name="EndsWith">Why it ends when <c>Spec.OutputTokens</c> have been emitted.</param>
public sealed record InferenceRequest(RequestSpec Spec, string RequestId, FinishReason EndsWith)
{
    /// <summary>When the first byte of the request had been read, <see cref="System.Diagnostics.Stopwatch"/> ticks.</summary>
    public long ReceivedAtTicks { get; init; }

    /// <summary>What the request's trace should say of it; null: nothing.</summary>
    public RequestTrace? Trace { get; init; }

    /// <summary>Wall time the gateway spent on parsing and tokenising: the <c>tokenize</c> hop.</summary>
    public long TokenizeNs { get; init; }
}

/// <summary>What a request brings along for its trace.</summary>
/// <param name="Operation"><c>chat</c> or <c>text_completion</c>.</param>
/// <param name="MaxTokens">As asked for; null: not.</param>
/// <param name="TraceParent">The client's W3C headers, so that its trace goes on here, or the context of the span over several choices; null: a new one begins.</param>
/// <param name="Choice">Its index, when it is one of several that were asked for together; null: alone.</param>
public sealed record RequestTrace(string Operation, int? MaxTokens, string? TraceParent, string? TraceState, int? Choice = null);

/// <summary>The two ordinary ends, in OpenAI's words.</summary>
public enum FinishReason
{
    /// <summary>The model ended by itself, or a stop string came up.</summary>
    Stop,
    /// <summary>The token limit.</summary>
    Length,
}
