using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Journal;

/// <summary>
/// The engine's router and the names of those it chooses among: takes messages, and entries of a journal just the same,
/// so that what was recorded live can be decided again.
/// </summary>
internal sealed class RouterSeat
{
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly ClusterSpec _cluster;

    public RouterSeat(ClusterSpec cluster, RouterPlan plan, long nowNs)
    {
        _cluster = cluster;
        Router = new Router(cluster, logsDecisions: true);
        for (var place = 0; place < Router.Instances.Length; place++) _places.Add(Router.Instances[place].Name, place);
        Apply(plan, nowNs);
    }

    public Router Router { get; }

    public RoutingDecision? Route(RequestMessage request, long nowNs) => Router.Route(request.ToSpec(), nowNs);

    /// <summary>What to tell whoever asked, at a moment yet to be filled in.</summary>
    /// <param name="decision">The latest; null: the request was turned away.</param>
    public RouteReply Answer(RoutingDecision? decision)
    {
        if (decision is null) return new RouteReply(false, "", "", Time.Unset, Reason(Router.Rejection));
        return new RouteReply(true, NameOf(decision.PrefillInstance), NameOf(decision.DecodeInstance), Time.Unset, "")
        {
            Copy = decision.CopySource < 0 ? null : new PrefixCopy(
                NameOf(decision.CopySource), decision.CopyTokens, decision.CopyTokens - decision.OverlapBlocks * Router.Instances[decision.PrefillInstance].Kv.BlockSize),
        };
    }

    public string NameOf(int place) => Router.Instances[place].Name;

    public void Report(InstanceReport report)
    {
        if (!_places.TryGetValue(report.Instance, out var instance)) return; // it left meanwhile
        // The index is kept whatever the policy, so that it is true when the policy changes.
        foreach (var news in report.Blocks)
            foreach (var key in news.Keys) Tell(instance, news.Kind, key, report.AtNs);
        foreach (var id in report.PrefillEnded) Router.PrefillEnded(id, report.AtNs);
        foreach (var id in report.Ended) Router.Ended(id, report.AtNs);
        Router.Report(instance, new InstanceLoad(report.Running, report.Waiting, report.KvUsage), report.AtNs);
    }

    private void Tell(int instance, BlockNewsKind kind, ulong key, long atNs)
    {
        if (kind == BlockNewsKind.Stored) Router.Stored(instance, key, atNs);
        else if (kind == BlockNewsKind.ToHost) Router.Offloaded(instance, key, KvTierKind.Host, atNs);
        else if (kind == BlockNewsKind.ToDisk) Router.Offloaded(instance, key, KvTierKind.Ssd, atNs);
        else Router.Removed(instance, key, atNs);
    }

    /// <summary>Another topology, or another policy. One that stays keeps what it knows.</summary>
    public void Apply(RouterPlan plan, long nowNs)
    {
        var dials = plan.Policy.ToDials();
        if (plan.Policy.Policy != Router.Spec.Policy || !Same(dials, Router.Spec.Dials)) Router.Use(plan.Policy.Policy, dials);
        foreach (var member in plan.Members)
        {
            var place = PlaceOf(member.Name);
            Reshape(place, member, nowNs);
            if (member.State == "ready") Router.Open(place);
            else Router.Close(place, forget: member.State == "failed", nowNs);
        }

        foreach (var (name, place) in _places)
            if (!plan.Members.Any(m => m.Name == name)) Router.Close(place, forget: true, nowNs);
    }

    /// <summary>An instance came up again without its state.</summary>
    public void Forget(string instance, long nowNs)
    {
        var place = PlaceOf(instance);
        var isOpen = Router.IsOpen(place);
        Router.Close(place, forget: true, nowNs);
        if (isOpen) Router.Open(place);
    }

    public int CountActive(string instance, long nowNs) => Router.ActiveRequests(PlaceOf(instance), nowNs);

    /// <summary>Takes a recorded input; answers with the decision if it was a request.</summary>
    public RoutingDecision? Take(JournalEntry entry)
    {
        switch (entry.Op)
        {
            case "route": return Route(entry.Request!, entry.Ns);
            case "report": Report(entry.Report!); break;
            case "withdraw": Router.Withdraw(entry.RequestId!.Value); break;
            case "plan": Apply(entry.Plan!, entry.Ns); break;
            case "restart": Router.Restart(); break;
            case "forget": Forget(entry.Instance!, entry.Ns); break;
            default: throw new InvalidDataException($"The journal has an unknown entry '{entry.Op}'.");
        }

        return null;
    }

    /// <summary>An instance that was resized is another one, with nothing in its cache.</summary>
    private void Reshape(int place, MemberMessage member, long nowNs)
    {
        var ranks = member.Parallelism?.ToParallelism() ?? _cluster.Find(member.Name).Deployment.Parallelism;
        if (Router.Instances[place].Deployment.Parallelism != ranks) Router.Replace(place, _cluster.Find(member.Name, ranks), nowNs);
    }

    private int PlaceOf(string instance)
    {
        if (!_places.TryGetValue(instance, out var place)) _places[instance] = place = Router.Add(_cluster.Find(instance));
        return place;
    }

    private static string Reason(RejectionReason rejection) => rejection switch
    {
        RejectionReason.PredictedTtft => "The predicted time to the first token is beyond the objective: come back later.",
        RejectionReason.PredictedTpot => "The predicted time per token is beyond the objective: come back later.",
        _ => "No open instance serves this model.",
    };

    private static bool Same(Dictionary<string, double> a, IReadOnlyDictionary<string, double> b) =>
        a.Count == b.Count && a.All(d => b.TryGetValue(d.Key, out var value) && value == d.Value);
}
