namespace Cluster.Load.Soak;

/// <summary>How an endpoint is soaked: so many clients, each opening its next stream when the last one ended, some of them badly behaved.</summary>
/// <param name="Clients">Streams that are open or being asked for at any time; more than the endpoint admits keep it at its limit.</param>
/// <param name="Duration">New streams are begun for so long; those open then run to their end.</param>
public sealed record SoakPlan(int Clients, TimeSpan Duration, ulong Seed)
{
    public int MinTokens { get; init; } = 16;

    public int MaxTokens { get; init; } = 48;

    /// <summary>Share of streams whose client hangs up in the middle.</summary>
    public double HangUpShare { get; init; } = 0.08;

    /// <summary>Share of streams whose client closes its sending side in the middle.</summary>
    public double HalfCloseShare { get; init; } = 0.02;

    /// <summary>Share of streams whose client does not read for a while.</summary>
    public double SlowShare { get; init; } = 0.05;

    /// <summary>How long a slow client does not read, and a refused one waits.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A stream that takes longer hangs.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(3);
}

/// <summary>What became of every stream that was asked for.</summary>
/// <param name="Completed">Had exactly the tokens asked for, and a finish reason.</param>
/// <param name="Refused">429 or 503.</param>
/// <param name="Disconnected">By its client, on purpose, after its first token.</param>
/// <param name="Failed">Anything else: a hang, a cut, a wrong count. None is right.</param>
/// <param name="Tokens">Received over all streams.</param>
/// <param name="MostOpen">Streams that had a token and no end, at most.</param>
/// <param name="Faults">The first few failures in words.</param>
public sealed record SoakOutcome(
    long Sent, long Completed, long Refused, long Disconnected, long Failed, long Tokens, int MostOpen, IReadOnlyList<string> Faults)
{
    /// <summary>Streams of which nobody knows what became; 0 when the books balance.</summary>
    public long Unaccounted => Sent - Completed - Refused - Disconnected - Failed;
}
