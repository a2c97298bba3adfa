using Cluster.Engine.Requests;
using Cluster.Engine.Routing;

namespace Cluster.Simulator.Recording;

/// <summary>How a request ended.</summary>
public enum RequestOutcome
{
    Completed,
    /// <summary>No instance could take it.</summary>
    Rejected,
    /// <summary>It broke off with an error: its instance was lost, and no other could take it over.</summary>
    Failed,
    /// <summary>The client went away before its end.</summary>
    Aborted,
}

/// <summary>One request after its end, in emulated time.</summary>
/// <param name="OutputTokens">Tokens that became visible.</param>
public readonly record struct RequestRecord(
    long Id, RequestOutcome Outcome, long ArrivedNs, long FinishedNs, int InputTokens, int OutputTokens, int CachedTokens,
    long TtftNs, TtftHops Hops, int PrefillInstance, int DecodeInstance)
{
    /// <summary>Why it was turned away.</summary>
    public RejectionReason Rejection { get; init; }

    /// <summary>Times it continued elsewhere because its instance was lost.</summary>
    public int Reroutes { get; init; }

    public long E2eNs => FinishedNs - ArrivedNs;

    /// <summary>(E2E − TTFT) ÷ (output tokens − 1); 0 for a single token.</summary>
    public double TpotNs => OutputTokens > 1 ? (E2eNs - TtftNs) / (double)(OutputTokens - 1) : 0;
}
