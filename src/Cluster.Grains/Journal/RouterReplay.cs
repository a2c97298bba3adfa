using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Journal;

/// <summary>A recorded decision, and the one that the same inputs lead to now.</summary>
public sealed record ReplayedDecision(long RequestId, string? Prefill, string? Decode, string? PrefillNow, string? DecodeNow)
{
    public bool IsSame => Prefill == PrefillNow && Decode == DecodeNow;
}

/// <summary>Makes the decisions of a recorded live run again.</summary>
public static class RouterReplay
{
    /// <summary>One decision for each request of the journal, in order.</summary>
    /// <param name="cluster">The cluster that the journal is of.</param>
    /// <exception cref="InvalidDataException">The journal does not begin with a router's beginning, or is of another cluster.</exception>
    public static IEnumerable<ReplayedDecision> Run(ClusterSpec cluster, IEnumerable<JournalEntry> journal)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(journal);
        RouterSeat? seat = null;
        foreach (var entry in journal)
        {
            if (entry.Op == "begin")
            {
                if (entry.Cluster != cluster.Name) throw new InvalidDataException($"The journal is of cluster '{entry.Cluster}', not of '{cluster.Name}'.");
                seat = new RouterSeat(cluster, entry.Plan!, entry.Ns);
                continue;
            }

            if (seat is null) throw new InvalidDataException("The journal does not begin with 'begin'.");
            var decision = seat.Take(entry);
            if (entry.Op == "route") yield return Compare(entry, seat, decision);
        }
    }

    /// <summary>Requests in the order and at the times at which they reached the live gateway, without what followed from losses.</summary>
    public static IEnumerable<Cluster.Engine.Requests.RequestSpec> Arrivals(IEnumerable<JournalEntry> journal)
    {
        ArgumentNullException.ThrowIfNull(journal);
        var seen = new HashSet<long>();
        const long Stream = (1L << 56) - 1;
        return journal.Where(e => e.Op == "route" && seen.Add(e.Request!.Id & Stream)).Select(e => e.Request!.ToSpec()).OrderBy(r => r.ArrivalNs).ThenBy(r => r.Id);
    }

    private static ReplayedDecision Compare(JournalEntry entry, RouterSeat seat, RoutingDecision? now) => new(
        entry.Request!.Id, entry.Prefill, entry.Decode,
        now is null ? null : seat.NameOf(now.PrefillInstance), now is null ? null : seat.NameOf(now.DecodeInstance));
}
