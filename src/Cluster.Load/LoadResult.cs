using Cluster.Engine.Diagnosis;

namespace Cluster.Load;

/// <summary>How a request ended, seen by its client.</summary>
public enum LoadOutcome
{
    Completed,
    /// <summary>429 or 503: told to come again later.</summary>
    Rejected,
    /// <summary>Another status, a broken stream, or an error within it.</summary>
    Failed,
    TimedOut,
}

/// <summary>
/// One request after its end. Times are emulated nanoseconds since the run began; those that did not happen are
/// <see cref="Engine.Units.Time.Unset"/>.
/// </summary>
/// <param name="IntendedNs">When it should have been sent; latencies count from here, so a stalled sender hides nothing.</param>
/// <param name="SentNs">When its sending began.</param>
/// <param name="OutputTokens">By the endpoint's <c>usage</c>, or counted where it sends none.</param>
public sealed record LoadRecord(
    long Id, LoadOutcome Outcome, int Status, long IntendedNs, long SentNs, long FirstTokenNs, long LastTokenNs, long FinishedNs,
    int InputTokens, int OutputTokens, int CachedTokens)
{
    /// <summary><c>x-request-id</c> of the answer.</summary>
    public string? RequestId { get; init; }

    public string? Error { get; init; }

    public ulong SessionId { get; init; }

    /// <summary>Parts of the TTFT by hop in milliseconds, as the gateway tells them when asked; null otherwise.</summary>
    public IReadOnlyDictionary<string, double>? HopsMs { get; init; }

    /// <summary>When each token arrived, if kept.</summary>
    public IReadOnlyList<long>? TokenNs { get; init; }

    /// <summary>First token after the intended send.</summary>
    public long TtftNs => FirstTokenNs < 0 ? Engine.Units.Time.Unset : FirstTokenNs - IntendedNs;

    /// <summary>Last token after the intended send.</summary>
    public long E2eNs => LastTokenNs < 0 ? Engine.Units.Time.Unset : LastTokenNs - IntendedNs;

    /// <summary>(E2E − TTFT) ÷ (output tokens − 1); 0 for a single token.</summary>
    public double TpotNs => OutputTokens > 1 && FirstTokenNs >= 0 ? (LastTokenNs - FirstTokenNs) / (double)(OutputTokens - 1) : 0;
}

/// <summary>A finished run.</summary>
/// <param name="Records">In order of their end.</param>
/// <param name="Gaps">Inter-token latencies (between stream events) of completed requests, emulated nanoseconds.</param>
/// <param name="DurationNs">From the first intended send to the last end, emulated.</param>
/// <param name="WasCancelled">The run was cut short; requests in flight were dropped.</param>
public sealed record LoadResult(IReadOnlyList<LoadRecord> Records, DurationHistogram Gaps, long DurationNs, bool WasCancelled);

/// <summary>How a run stands.</summary>
/// <param name="OutputTokens">Received so far, requests in flight included.</param>
/// <param name="ElapsedNs">Emulated.</param>
public readonly record struct LoadProgress(long Sent, long Completed, long Failed, long OutputTokens, long ElapsedNs)
{
    public long InFlight => Sent - Completed - Failed;
}
