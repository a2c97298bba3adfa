using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Simulator.Planning;

/// <summary>
/// A workload at a faster pace for as long as it lasted at its own. Faster alone, it would be over so soon that queues have no time to
/// grow: what a cluster survives for some seconds is not what it carries. So requests come again, as others like them: content that
/// several of them share (a system prompt, a document) is shared by those that come again too, what is a request's own is new each time.
/// </summary>
public static class SustainedLoad
{
    /// <summary>Requests come again up to so many in all on a cluster of up to <see cref="SmallGpus"/>, so that a search among candidates stays a matter of seconds.</summary>
    public const int MostRequests = 2_400;

    /// <summary>On more GPUs as many requests are over sooner, before batches are as full as they become: requests grow with them.</summary>
    private const int SmallGpus = 64;

    /// <summary>Requests come again up to so many on <paramref name="cluster"/>.</summary>
    public static int MostRequestsOn(ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var gpus = cluster.Instances.Sum(i => (long)i.Deployment.Parallelism.Gpus);
        return (int)Math.Min(int.MaxValue, MostRequests * Math.Max(SmallGpus, gpus) / SmallGpus);
    }

    /// <summary>
    /// The pace up to which a search goes, as a power of two. Conversations bring their own pauses: once no more of them come, starting
    /// them sooner is hardly more load, and costs as much to try.
    /// </summary>
    public static int HighestPower(Workload workload, int mostRequests = MostRequests) =>
        workload is Workload.Conversations talk && Few(talk.Starts, s => s.Turns.Length, mostRequests) is var few
            ? Math.Clamp(few is null ? 0 : (int)Math.Ceiling(Math.Log2((double)mostRequests / few.Sum(s => s.Turns.Length))), 3, Headroom.HighestPower)
            : Headroom.HighestPower;

    /// <param name="factor">Multiple of the workload's own pace; up to 1 nothing comes again.</param>
    /// <param name="mostRequests">See <see cref="MostRequestsOn"/>.</param>
    public static Workload Of(Workload workload, double factor, int mostRequests = MostRequests)
    {
        ArgumentNullException.ThrowIfNull(workload);
        if (factor <= 1) return LoadScale.Times(workload, factor);
        return workload switch
        {
            Workload.OpenLoop open when Few(open.Requests, _ => 1, mostRequests) is { } requests => new Workload.OpenLoop(Open(requests, factor, mostRequests)),
            Workload.ClosedLoop closed when Few(closed.Requests, _ => 1, mostRequests) is { } requests =>
                ((Workload.ClosedLoop)LoadScale.Times(closed, factor)) with { Requests = Again(requests, factor, mostRequests) },
            Workload.Conversations talk when Few(talk.Starts, s => s.Turns.Length, mostRequests) is { } sessions => new Workload.Conversations(Talk(sessions, factor, mostRequests)),
            _ => LoadScale.Times(workload, factor),
        };
    }

    private static List<T>? Few<T>(IEnumerable<T> items, Func<T, int> requests, int most)
    {
        var (few, count) = (new List<T>(), 0);
        foreach (var item in items)
        {
            few.Add(item);
            if ((count += requests(item)) >= most) return null;
        }

        return few.Count > 1 ? few : null;
    }

    private static IEnumerable<RequestSpec> Open(List<RequestSpec> requests, double factor, int most)
    {
        var (first, span) = (requests[0].ArrivalNs, requests[^1].ArrivalNs - requests[0].ArrivalNs);
        var every = Every(span, requests.Count);
        var turn = 0;
        foreach (var request in Again(requests, factor, most))
        {
            var arrival = first + (turn++ / requests.Count * every) + (request.ArrivalNs - first);
            yield return request with { ArrivalNs = (long)(arrival / factor) };
        }
    }

    private static IEnumerable<RequestSpec> Again(List<RequestSpec> requests, double factor, int most)
    {
        var copies = new Copies(requests.Select(r => (r.Id, (IEnumerable<RequestSpec>)[r])));
        var total = Total(requests.Count, factor, most);
        for (var i = 0; i < total; i++) yield return copies.Of(requests[i % requests.Count], i / requests.Count);
    }

    private static IEnumerable<Session> Talk(List<Session> sessions, double factor, int most)
    {
        var (first, span) = (sessions[0].StartNs, sessions[^1].StartNs - sessions[0].StartNs);
        var every = Every(span, sessions.Count);
        var copies = new Copies(sessions.Select(s => ((long)s.Id, s.Turns.Select(t => t.Request))));
        var total = Total(sessions.Count, factor, most / (int)Math.Ceiling(sessions.Average(s => s.Turns.Length)));
        for (var i = 0; i < total; i++)
        {
            var (session, copy) = (sessions[i % sessions.Count], i / sessions.Count);
            var start = first + (copy * every) + (session.StartNs - first);
            yield return new Session(Copies.Id(session.Id, copy), (long)(start / factor), [.. session.Turns.Select(t => t with { Request = copies.Of(t.Request, copy) })]);
        }
    }

    /// <summary>From the first of one round to the first of the next: the mean gap follows the last one.</summary>
    private static long Every(long spanNs, int count) => spanNs + (spanNs / (count - 1));

    private static int Total(int own, double factor, int most) => (int)Math.Min(Math.Round(own * factor), Math.Max(own, most));

    /// <summary>Requests that resemble others.</summary>
    private sealed class Copies
    {
        private readonly HashSet<ulong> _shared = [];
        private readonly long _ids;

        /// <param name="groups">Requests that belong together, and so share content without its being anybody else's.</param>
        public Copies(IEnumerable<(long Group, IEnumerable<RequestSpec> Requests)> groups)
        {
            var owners = new Dictionary<ulong, long>();
            var (least, most) = (long.MaxValue, long.MinValue);
            foreach (var (group, requests) in groups)
            {
                foreach (var request in requests)
                {
                    (least, most) = (Math.Min(least, request.Id), Math.Max(most, request.Id));
                    foreach (var segment in request.Content.Segments)
                        if (!owners.TryAdd(segment.ContentId, group) && owners[segment.ContentId] != group) _shared.Add(segment.ContentId);
                }
            }

            _ids = most - least + 1;
        }

        public static ulong Id(ulong id, int copy) => copy == 0 || id == 0 ? id : Math.Max(1, Hashing.Mix(id, (ulong)copy));

        public RequestSpec Of(RequestSpec request, int copy)
        {
            if (copy == 0) return request;
            var segments = request.Content.Segments.Select(s => _shared.Contains(s.ContentId) ? s : s with { ContentId = Id(s.ContentId, copy) });
            return request with { Id = request.Id + (copy * _ids), SessionId = Id(request.SessionId, copy), Content = new TokenContent([.. segments]) };
        }
    }
}
