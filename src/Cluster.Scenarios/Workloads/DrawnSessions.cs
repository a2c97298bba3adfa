using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>Conversations and agent runs: drawn, or found in a trace.</summary>
internal static class DrawnSessions
{
    /// <summary>Draws sessions without end; each turn's content is all of the one before, the answer included, and something new.</summary>
    public static IEnumerable<ImmutableArray<Turn>> Of(SessionSection sessions, ulong seed)
    {
        var random = new RandomStream(seed, "sessions");
        var tree = sessions.System is { } system ? new PrefixTree(system, seed) : null;
        long id = 0;
        for (ulong session = 0; ; session++)
        {
            var sessionId = Ids.Of(seed, Ids.Session, session) | 1;
            var history = ImmutableArray.CreateBuilder<ContentSegment>();
            tree?.AddPath(history, random);
            var tokens = sessions.System?.Tokens ?? 0;
            var turns = ImmutableArray.CreateBuilder<Turn>();
            for (var (turn, count) = (0, Draws.Length(sessions.Turns, random)); turn < count; turn++)
            {
                var fresh = Draws.Length(turn == 0 ? sessions.First : sessions.Input, random);
                var output = Draws.Length(sessions.Output, random);
                history.Add(new ContentSegment(Hashing.Mix(sessionId, 2 * (ulong)turn), fresh));
                history.Add(new ContentSegment(Hashing.Mix(sessionId, 2 * (ulong)turn + 1), output));
                tokens = checked(tokens + fresh);
                var request = new RequestSpec(id++, 0, tokens, output, new TokenContent(history.ToImmutable())) { SessionId = sessionId };
                turns.Add(new Turn(turn == 0 ? 0 : Draws.PauseNs(sessions.Pause, random), request));
                tokens = checked(tokens + output);
            }

            yield return turns.ToImmutable();
        }
    }

    /// <summary>Groups neighbouring requests of one session, with a pause before each but the first.</summary>
    public static IEnumerable<ImmutableArray<Turn>> Grouped(IEnumerable<RequestSpec> requests, PauseSection pause, ulong seed)
    {
        var random = new RandomStream(seed, "sessions");
        var turns = ImmutableArray.CreateBuilder<Turn>();
        foreach (var request in requests)
        {
            if (turns.Count > 0 && turns[0].Request.SessionId != request.SessionId)
            {
                yield return turns.DrainToImmutable();
            }

            turns.Add(new Turn(turns.Count == 0 ? 0 : Draws.PauseNs(pause, random), request));
        }

        if (turns.Count > 0) yield return turns.DrainToImmutable();
    }

    /// <summary>Sessions with their starts, cut after <paramref name="requests"/> turns in all or <paramref name="durationNs"/>.</summary>
    public static IEnumerable<Session> Starting(
        IEnumerable<ImmutableArray<Turn>> sessions, IEnumerable<long> starts, long? requests, long? durationNs)
    {
        var left = requests ?? long.MaxValue;
        foreach (var (turns, start) in sessions.Zip(starts))
        {
            if (left == 0 || start >= (durationNs ?? long.MaxValue)) yield break;
            var kept = turns.Length <= left ? turns : turns[..(int)left];
            left -= kept.Length;
            yield return new Session(kept[0].Request.SessionId, start, kept);
        }
    }
}
