using Cluster.Engine.Requests;
using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>Turns a workload section into the stream a driver consumes.</summary>
public static class WorkloadSource
{
    /// <summary>Nothing is read or drawn until the result is enumerated; each enumeration gives the same requests.</summary>
    /// <param name="stretch">Factor on the trace's times that gives the asked rate; see <see cref="TraceSurvey"/>.</param>
    public static Workload Open(WorkloadSection workload, ulong seed, double stretch = 1)
    {
        ArgumentNullException.ThrowIfNull(workload);
        if (Sessions(workload, seed) is { } sessions)
        {
            if (!workload.Classes.IsEmpty) sessions = RequestClasses.Assign(sessions, workload.Classes, seed);
            var starts = Draws.Arrivals(Spacing(workload), workload.Rate!, seed);
            return new Workload.Conversations(DrawnSessions.Starting(sessions, starts, workload.Requests, workload.DurationNs));
        }

        var requests = workload.Trace is { } trace ? FromTrace(trace, seed, stretch) : DrawnRequests.Of(workload.Synthetic!, seed);
        if (!workload.Classes.IsEmpty) requests = RequestClasses.Assign(requests, workload.Classes, seed);
        if (workload.Concurrency is { } concurrency)
            return new Workload.ClosedLoop(concurrency, Limit(requests, workload));
        if (DrawsArrivals(workload))
        {
            var times = Draws.Arrivals(Spacing(workload), workload.Rate!, seed, workload.Synthetic?.Samples ?? 1);
            requests = requests.Zip(times, (request, at) => request with { ArrivalNs = at });
        }

        return new Workload.OpenLoop(Limit(requests, workload));
    }

    /// <summary>True when arrival times are drawn rather than a trace's own, stretched or not.</summary>
    internal static bool DrawsArrivals(WorkloadSection w) =>
        w.Trace is null or { Format: TraceFormat.ShareGpt } || w.Arrivals is not null || w.Rate is { Shape: not RateShape.Constant };

    private static ArrivalSection Spacing(WorkloadSection workload) => workload.Arrivals ?? new ArrivalSection(ArrivalProcess.Poisson);

    private static IEnumerable<System.Collections.Immutable.ImmutableArray<Turn>>? Sessions(WorkloadSection workload, ulong seed) => workload switch
    {
        { Sessions: { } drawn } => DrawnSessions.Of(drawn, seed),
        { Trace: { Think: { } pause } trace } => DrawnSessions.Grouped(FromTrace(trace, seed, 1), pause, seed),
        _ => null,
    };

    /// <summary>Lines of the trace inside its window, times counted from the window's start.</summary>
    internal static IEnumerable<TraceRecord> Selected(TraceSection trace)
    {
        long? origin = null;
        foreach (var record in TraceFile.Read(trace))
        {
            origin ??= record.ArrivalNs;
            var at = record.ArrivalNs - origin.Value;
            if (trace.Window is { } window)
            {
                if (at < window.FromNs) continue;
                if (at >= window.ToNs) yield break;
                at -= window.FromNs;
            }

            yield return record with { ArrivalNs = at };
        }
    }

    private static IEnumerable<RequestSpec> FromTrace(TraceSection trace, ulong seed, double stretch)
    {
        long id = 0;
        foreach (var record in Selected(trace))
        {
            yield return new RequestSpec(id, (long)(record.ArrivalNs * stretch), record.InputTokens, record.OutputTokens, Content(record, seed, id))
            {
                SessionId = record.SessionId,
                Priority = record.Priority,
                Model = record.Model,
            };
            id++;
        }
    }

    private static TokenContent Content(TraceRecord record, ulong seed, long id)
    {
        var own = Ids.Of(seed, Ids.Own, (ulong)id);
        var whole = record.InputTokens + record.OutputTokens;
        if (record.Content is not { } content) return TokenContent.Unique(own, whole);
        return content.Length >= whole ? content : new TokenContent(content.Segments.Add(new ContentSegment(own, whole - (int)content.Length)));
    }

    private static IEnumerable<RequestSpec> Limit(IEnumerable<RequestSpec> requests, WorkloadSection workload)
    {
        if (workload.DurationNs is { } duration) requests = requests.TakeWhile(r => r.ArrivalNs < duration);
        return workload.Requests is { } count ? requests.Take(checked((int)count)) : requests;
    }
}
