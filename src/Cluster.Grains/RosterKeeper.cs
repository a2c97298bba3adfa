using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>
/// Keeps the roster of one cluster and makes a new one true: newcomers begin, those that left end, those resized are
/// built anew, and the router hears of it in an order in which it never chooses an instance that is not up.
/// </summary>
internal sealed class RosterKeeper(ClusterContext context, IGrainFactory grains, IPersistentState<TopologyState> state)
{
    public MemberMessage[] Members => state.State.Members;

    public GpuUseMessage[] GpuUses => state.State.GpuUses;

    public Roster Roster => new([.. Members.Select(m => m.ToMember())]);

    /// <summary>The routing policy in force.</summary>
    public PolicyMessage Policy => state.State.Policy ?? PolicyMessage.Of(context.Cluster.Router.Policy, context.Cluster.Router.Dials);

    public IRouterGrain Router => grains.GetGrain<IRouterGrain>(context.Cluster.Name);

    public IInstanceGrain Instance(string name) => grains.GetInstance(context.Cluster, name);

    /// <summary>As the scenario has it, unless an earlier activation left something else behind.</summary>
    public void Begin()
    {
        if (Members.Length == 0) Take(Roster.Of(context.Cluster));
    }

    public Task UsePolicyAsync(PolicyMessage policy)
    {
        state.State = state.State with { Policy = policy };
        return PublishAsync();
    }

    /// <summary>What an order to run on other ranks makes of the roster.</summary>
    public RosterStep Resize(string instance, ResizeOrder order)
    {
        if (Array.Find(Members, m => m.Name == instance) is not { } member) return Roster.Open(instance); // whose refusal says who there is
        var present = context.Find(member);
        var wanted = order.Over(present.Deployment.Parallelism);
        if (present.On(wanted) is { Instance: null } impossible) return new RosterStep(Roster, $"{instance} cannot run on {wanted.Text}: {string.Join(' ', impossible.Reasons)}");
        // One that waits for its end may be told not to wait any longer.
        if (order.AtOnce && member.Becomes?.ToParallelism() == wanted) return new RosterStep(Roster);
        return Roster.Resize(instance, wanted, present.Deployment.Parallelism);
    }

    /// <summary>A draining instance has nothing left; one that becomes another loads its model first.</summary>
    public Roster Emptied(string instance)
    {
        var loadNs = Array.Find(Members, m => m.Name == instance)?.Becomes is { } ranks ? context.Cluster.Find(instance, ranks.ToParallelism()).ModelLoadNs : 0;
        return Roster.Emptied(instance, loadNs == 0 ? null : context.Clock.NowNs + loadNs);
    }

    /// <param name="crashes">An instance that dies with the step.</param>
    public async Task CarryOutAsync(Roster roster, string? crashes = null)
    {
        var before = Members;
        Take(roster);
        // Up before the router may choose them; those that left are closed before they end.
        foreach (var member in Members) await BeginAsync(member, Array.Find(before, b => b.Name == member.Name));
        await PublishAsync();
        // Closed before it dies: whoever places its requests anew must not choose it.
        if (crashes is not null) await DieAsync(crashes);
        foreach (var left in before.Where(b => roster.Find(b.Name) is null)) await Instance(left.Name).RetireAsync();
    }

    /// <summary>An instance loses all it holds; its gateways place its requests anew.</summary>
    public async Task DieAsync(string instance)
    {
        if (Links is { } links) await links.LostAsync(instance);
        await Instance(instance).CrashAsync();
    }

    /// <summary>Nothing is on its way to it, and it holds nothing: no request, no KV that another instance has yet to pull.</summary>
    public async Task<bool> IsEmptyAsync(string name) =>
        await Router.CountActiveAsync(name) == 0 && (await Instance(name).GetSnapshotAsync()).Requests == 0;

    private ILinkGrain? Links => context.Cluster.Link is null ? null : grains.GetGrain<ILinkGrain>(context.Cluster.Name);

    private void Take(Roster roster)
    {
        MemberMessage[] members = [.. roster.Members.Select(MemberMessage.Of)];
        state.State = state.State with { Members = members, GpuUses = Uses(members) };
    }

    /// <summary>From now on each member is paid for as it is, and who has left no more.</summary>
    private GpuUseMessage[] Uses(MemberMessage[] members)
    {
        var nowNs = context.Clock.NowNs;
        var left = GpuUses.Where(u => !Array.Exists(members, m => m.Name == u.Instance)).Select(u => GpuUseMessage.Of(u.Instance, u.ToUse().On(0, nowNs)));
        return [.. members.Select(m => GpuUseMessage.Of(m.Name, Use(m, nowNs))), .. left];
    }

    private GpuUse Use(MemberMessage member, long nowNs)
    {
        var gpus = GpuUse.Paid(member.ToMember().State, context.RanksOf(member).Gpus, context.Cluster.Autoscale is not null);
        return Array.Find(GpuUses, u => u.Instance == member.Name) is { Instance: not null } known ? known.ToUse().On(gpus, nowNs) : new GpuUse(gpus, nowNs, 0);
    }

    private async Task BeginAsync(MemberMessage member, MemberMessage? before)
    {
        if (before is null) await Instance(member.Name).GetSnapshotAsync();
        else if (before.Parallelism != member.Parallelism)
        {
            await Instance(member.Name).RebuildAsync(member);
            if (Links is { } links) await links.RebuiltAsync(member);
        }
    }

    private async Task PublishAsync()
    {
        await state.WriteStateAsync();
        await Router.ApplyAsync(new RouterPlan(Members, Policy));
    }
}
