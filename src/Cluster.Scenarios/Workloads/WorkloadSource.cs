using Cluster.Engine.Requests;
using Cluster.Engine.Units;
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
        var requests = workload.Trace is { } trace ? FromTrace(trace, seed, stretch) : Drawn(workload.Synthetic!, seed);
        if (workload.Concurrency is { } concurrency)
            return new Workload.ClosedLoop(concurrency, Limit(requests, workload));
        if (workload.Synthetic is not null || workload.Arrivals is not null || workload.Rate is { Shape: not RateShape.Constant })
            requests = Arriving(requests, workload.Arrivals ?? new ArrivalSection(ArrivalProcess.Poisson), workload.Rate!, seed);
        return new Workload.OpenLoop(Limit(requests, workload));
    }

    /// <summary>Lines of the trace inside its window, times counted from the window's start.</summary>
    internal static IEnumerable<TraceRecord> Selected(TraceSection trace)
    {
        long? origin = null;
        foreach (var record in TraceFile.Read(trace.File, trace.Format))
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
            };
            id++;
        }
    }

    private static TokenContent Content(TraceRecord record, ulong seed, long id)
    {
        var own = Hashing.Mix(Hashing.Mix(seed, 0x554E4951), (ulong)id);
        return record.Prompt is { } prompt
            ? new TokenContent(prompt.Segments.Add(new ContentSegment(own, record.OutputTokens)))
            : TokenContent.Unique(own, record.InputTokens + record.OutputTokens);
    }

    private static IEnumerable<RequestSpec> Drawn(SyntheticSection synthetic, ulong seed)
    {
        var random = new RandomStream(seed, "lengths");
        for (long id = 0; ; id++)
        {
            var (input, output) = (Draws.Length(synthetic.Input, random), Draws.Length(synthetic.Output, random));
            yield return new RequestSpec(id, 0, input, output, TokenContent.Unique(Hashing.Mix(Hashing.Mix(seed, 0x554E4951), (ulong)id), input + output));
        }
    }

    private static IEnumerable<RequestSpec> Arriving(IEnumerable<RequestSpec> requests, ArrivalSection arrivals, RateSection rate, ulong seed) =>
        requests.Zip(Draws.Arrivals(arrivals, rate, new RandomStream(seed, "arrivals")), (request, at) => request with { ArrivalNs = at });

    private static IEnumerable<RequestSpec> Limit(IEnumerable<RequestSpec> requests, WorkloadSection workload)
    {
        if (workload.DurationNs is { } duration) requests = requests.TakeWhile(r => r.ArrivalNs < duration);
        return workload.Requests is { } count ? requests.Take(checked((int)count)) : requests;
    }
}
