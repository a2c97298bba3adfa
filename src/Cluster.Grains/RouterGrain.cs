using Cluster.Grains.Journal;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Cluster.ServiceDefaults.Tracing;

namespace Cluster.Grains;

/// <summary>The router of one cluster: its decisions are the engine's, its view is what instances reported.</summary>
public sealed class RouterGrain : Grain, IRouterGrain
{
    private readonly ClusterContext _context;
    private readonly RouterChronicle _chronicle;
    private RouterSeat _seat = null!;

    public RouterGrain(ClusterContext context, ClusterMetrics metrics) =>
        (_context, _chronicle) = (context, new RouterChronicle(context, GrainFactory, metrics));

    private long NowNs => _context.Clock.NowNs;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var plan = await GrainFactory.GetGrain<ITopologyGrain>(_context.Cluster.Name).GetPlanAsync();
        var nowNs = _chronicle.Note(new JournalEntry("begin", NowNs) { Cluster = _context.Cluster.Name, Plan = plan });
        _seat = new RouterSeat(_context.Cluster, plan, nowNs);
        _context.Nearby.Router.Open();
        await base.OnActivateAsync(cancellationToken);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _context.Nearby.Router.Close();
        return base.OnDeactivateAsync(reason, cancellationToken);
    }

    public async Task<RouteReply> RouteAsync(RequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var span = RequestTracing.BeginHop("route", request.Trace);
        ReadNews();
        var atNs = NowNs;
        var decision = _seat.Route(request, atNs);
        var reply = _seat.Answer(decision);
        _chronicle.Decided(request, decision, _seat.Router, atNs, span);
        // How long the question travelled, and waited here, is this host's; how long a router thinks is the cluster's.
        var routedNs = (request.AskedNs < 0 ? atNs : request.AskedNs) + _context.Cluster.Router.DecisionNs;
        await _context.Clock.WaitUntilAsync(routedNs);
        return reply with { RoutedNs = routedNs };
    }

    public Task ReportAsync(InstanceReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        ReadNews();
        Hear(report, NowNs);
        return Task.CompletedTask;
    }

    public Task EndedAsync(long requestId)
    {
        ReadNews();
        _chronicle.Note(new JournalEntry("withdraw", NowNs) { RequestId = requestId });
        _seat.Router.Withdraw(requestId);
        return Task.CompletedTask;
    }

    public Task ApplyAsync(RouterPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ReadNews();
        _seat.Apply(plan, _chronicle.Note(new JournalEntry("plan", NowNs) { Plan = plan }));
        return Task.CompletedTask;
    }

    public Task RestartAsync()
    {
        ReadNews();
        _chronicle.Note(new JournalEntry("restart", NowNs));
        _seat.Router.Restart();
        return Task.CompletedTask;
    }

    public Task ForgetAsync(string instance)
    {
        ReadNews();
        _seat.Forget(instance, _chronicle.Note(new JournalEntry("forget", NowNs) { Instance = instance }));
        return Task.CompletedTask;
    }

    public Task<int> CountActiveAsync(string instance)
    {
        ReadNews();
        return Task.FromResult(_seat.CountActive(instance, NowNs));
    }

    public Task<DecisionMessage[]> GetDecisionsAsync(int limit) => Task.FromResult(_chronicle.Newest(limit));

    /// <summary>What instances of this process have left here comes before all else.</summary>
    private void ReadNews()
    {
        foreach (var (report, arrivedNs) in _context.Nearby.Router.Read()) Hear(report, arrivedNs);
    }

    private void Hear(InstanceReport report, long arrivedNs)
    {
        _chronicle.Reported(report, arrivedNs);
        _seat.Report(report);
    }
}
