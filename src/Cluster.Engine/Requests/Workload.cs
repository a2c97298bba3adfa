using System.Collections.Immutable;

namespace Cluster.Engine.Requests;

/// <summary>
/// What clients ask for, and when. Streams: enumerated once per run, never held whole, the same every time it is
/// enumerated. A driver handles each kind, because closed loops and sessions need to know when a request ended.
/// </summary>
public abstract record Workload
{
    private Workload()
    {
    }

    /// <summary>Requests arrive when they say, whatever the cluster does.</summary>
    /// <param name="Requests">Ascending by <see cref="RequestSpec.ArrivalNs"/> and by <see cref="RequestSpec.Id"/>.</param>
    public sealed record OpenLoop(IEnumerable<RequestSpec> Requests) : Workload;

    /// <summary><paramref name="Concurrency"/> clients, each sending its next request when its last one ended.</summary>
    /// <param name="Requests">Taken in order by whichever client is free; their arrival times are ignored.</param>
    public sealed record ClosedLoop(int Concurrency, IEnumerable<RequestSpec> Requests) : Workload;

    /// <summary>Conversations: each turn follows the end of the one before, after a pause.</summary>
    /// <param name="Starts">Ascending by <see cref="Session.StartNs"/>.</param>
    public sealed record Conversations(IEnumerable<Session> Starts) : Workload;
}

/// <summary>One conversation or agent run.</summary>
/// <param name="Id">Equals <see cref="RequestSpec.SessionId"/> of its turns; never 0.</param>
/// <param name="StartNs">When its first turn reaches the gateway.</param>
/// <param name="Turns">At least one.</param>
public sealed record Session(ulong Id, long StartNs, ImmutableArray<Turn> Turns);

/// <summary>One turn of a session.</summary>
/// <param name="PauseNs">From the end of the turn before to this turn's arrival: a person thinking, a tool running. Ignored for the first.</param>
/// <param name="Request">Its arrival time is ignored.</param>
public sealed record Turn(long PauseNs, RequestSpec Request);
