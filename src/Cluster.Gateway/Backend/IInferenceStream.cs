namespace Cluster.Gateway.Backend;

/// <summary>The output of one request: token counts as they become visible, then exactly one end. One reader.</summary>
public interface IInferenceStream
{
    /// <summary>
    /// All that has become visible since the last read, waiting for at least one token or the end. Once a delta with an
    /// end was returned, reading again is a mistake.
    /// </summary>
    ValueTask<TokenDelta> ReadAsync();

    /// <summary>
    /// The client has gone: frees slot and KV within a step. The stream then ends as <see cref="StreamEnd.Aborted"/>
    /// if it had not ended already. May be called at any time, any number of times, from any thread.
    /// </summary>
    void Cancel();
}

/// <summary>Tokens that became visible together, and the end if they were the last.</summary>
/// <param name="Count">Tokens; 0 only together with an end.</param>
/// <param name="EmittedAtTicks">When the newest of them left its instance, <see cref="System.Diagnostics.Stopwatch"/> ticks.</param>
public readonly record struct TokenDelta(int Count, long EmittedAtTicks, StreamEnd? End);

/// <summary>The one terminal state of a request.</summary>
public abstract record StreamEnd(StreamUsage Usage)
{
    /// <summary>Every planned token was emitted, or generation stopped for <paramref name="Reason"/>.</summary>
    public sealed record Finished(FinishReason Reason, StreamUsage Usage) : StreamEnd(Usage);

    /// <summary>Cancelled by the client, or by a drain.</summary>
    public sealed record Aborted(StreamUsage Usage) : StreamEnd(Usage);

    /// <summary>Something broke; <paramref name="Error"/> is for the client to read.</summary>
    public sealed record Failed(string Error, StreamUsage Usage) : StreamEnd(Usage);

    /// <summary>Not admitted; nothing was computed.</summary>
    public sealed record Rejected(TimeSpan RetryAfter, string Reason) : StreamEnd(default(StreamUsage));
}

/// <summary>What a request used.</summary>
/// <param name="CachedTokens">Prompt tokens found in a prefix cache.</param>
/// <param name="OutputTokens">Tokens emitted.</param>
public readonly record struct StreamUsage(int CachedTokens, int OutputTokens)
{
    /// <summary>Where its TTFT went; null when the backend does not know.</summary>
    public HopTimes? Hops { get; init; }
}

/// <summary>The parts of a TTFT in emulated nanoseconds; they add up to it.</summary>
public sealed record HopTimes(
    long TokenizeNs, long RouteNs, long PrefillQueueNs, long PrefillNs, long KvAllocNs, long KvTransferNs, long DecodeQueueNs);
