using Cluster.Engine.Cost;
using Cluster.Engine.Requests;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>How a request ended on an engine.</summary>
public enum FinishReason
{
    Stop,
    Length,
    Abort,
    Error,
}

/// <summary>One step of one instance.</summary>
/// <param name="Tokens">Rows computed: prompt and decode tokens.</param>
/// <param name="Cost">What the cost model said of it: duration, wall, FLOPs and bytes on one GPU.</param>
/// <param name="LatenessNs">Wall time by which the step ended after it was due; 0 or less when in time.</param>
/// <param name="WallDurationNs">Wall time the step was to take: its duration ÷ time scale.</param>
public readonly record struct StepObservation(long Tokens, StepCost Cost, long LatenessNs, long WallDurationNs)
{
    /// <summary>Bytes of HBM written among <c>Cost.HbmBytes</c>; the rest counts as read.</summary>
    public double HbmWriteBytes { get; init; }
}

/// <summary>A request as one engine saw it, in emulated nanoseconds; <c>Time.Unset</c> (−1) for what did not happen.</summary>
/// <param name="QueueNs">Arrival at this engine → first scheduled.</param>
/// <param name="PrefillNs">First scheduled → first token.</param>
/// <param name="DecodeNs">First token → last token.</param>
/// <param name="E2eNs">Arrival at this engine → end.</param>
/// <param name="MaxTokens">The output limit asked for; 0 when none was.</param>
public readonly record struct EngineRequestObservation(
    FinishReason Reason, long QueueNs, long PrefillNs, long DecodeNs, long E2eNs, int PromptTokens, int OutputTokens, int MaxTokens);

/// <summary>Terminal state of a request at the gateway.</summary>
public enum RequestOutcome
{
    Completed,
    Aborted,
    Failed,
    Rejected,
}

/// <summary>A request as its client saw it, in emulated nanoseconds; −1 for what did not happen.</summary>
/// <param name="TpotNs">(E2E − TTFT) ÷ (output tokens − 1); NaN with fewer than two tokens.</param>
public readonly record struct RequestObservation(
    RequestOutcome Outcome, long TtftNs, double TpotNs, long E2eNs, TtftHops Hops, int PromptTokens, int CachedTokens, int OutputTokens);

/// <summary>What the router decided for a request.</summary>
public enum RouterDecision
{
    Disaggregated,
    LocalPrefill,
    Aggregated,
    Rejected,
}

/// <summary>Why a KV transfer did not arrive.</summary>
public enum TransferFailure
{
    Expired,
    LinkDown,
    InstanceDown,
    Aborted,
}
