namespace Cluster.Engine.Requests;

/// <summary>A request as the workload states it, before anything has happened to it.</summary>
/// <param name="Id">Unique in a run; ascending by arrival.</param>
/// <param name="ArrivalNs">When it reaches the gateway, in emulated nanoseconds since the run began.</param>
/// <param name="InputTokens">ISL, at least 1.</param>
/// <param name="OutputTokens">OSL, at least 1: the length at which it ends by itself.</param>
/// <param name="Content">Identity of prompt and output tokens; covers at least ISL tokens.</param>
public sealed record RequestSpec(long Id, long ArrivalNs, int InputTokens, int OutputTokens, TokenContent Content)
{
    /// <summary>Smaller runs first under the priority policy.</summary>
    public int Priority { get; init; }

    /// <summary>Groups requests for session affinity; 0 means none.</summary>
    public ulong SessionId { get; init; }

    /// <summary>The client goes away when the request has not ended this long after its arrival; null: it waits for ever.</summary>
    public long? PatienceNs { get; init; }

    /// <summary>Name of the model asked for; null in a cluster that serves one.</summary>
    public string? Model { get; init; }
}
