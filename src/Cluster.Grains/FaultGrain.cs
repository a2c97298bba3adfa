using Cluster.Engine.Faults;
using Cluster.Grains.Hosting;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Grains;

/// <summary>
/// Breaks and mends one cluster: keeps the faults in force, tells topology, instances, links and router what each means
/// for them, and sees that faults pass when their time is over. Faults of one kind on one instance multiply.
/// </summary>
public sealed class FaultGrain(
    ClusterContext context, ClusterMetrics metrics, [PersistentState("faults", StorageNames.Cluster)] IPersistentState<FaultState> state) : Grain, IFaultGrain
{
    private ITopologyGrain Topology => GrainFactory.GetGrain<ITopologyGrain>(context.Cluster.Name);

    private FaultHand Hand => new(context.Cluster, GrainFactory, state.State.InForce);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // After the loss of its silo, and perhaps of others: whom the faults concern may have forgotten them as well.
        foreach (var fault in state.State.InForce) _ = Task.WhenAll(Hand.ApplyAsync(fault), PassAsync(fault));
        return base.OnActivateAsync(cancellationToken);
    }

    public async Task<FaultReply> InjectAsync(FaultMessage order)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (FaultKinds.Refusal(order.Kind, order.Target.Length > 0, order.Factor, order.ForNs) is { } refusal) return new FaultReply(null, refusal);
        var kind = FaultKinds.Find(order.Kind)!;
        var struck = FaultTargets.Of(order, (await Topology.GetPlanAsync()).Members, context);
        if (struck.Refusal is { } miss) return new FaultReply(null, miss, struck.NotFound);
        var fault = order with
        {
            Id = $"f{state.State.Injected + 1}",
            Instances = struck.Instances,
            Factor = kind.Factor is null ? null : order.Factor ?? kind.Factor.Default,
            AtNs = context.Clock.NowNs,
        };
        if (await Hand.TakeAwayAsync(fault) is { } refused) return new FaultReply(null, refused);
        state.State = new FaultState { InForce = kind.Lasts ? [.. state.State.InForce, fault] : state.State.InForce, Injected = state.State.Injected + 1 };
        await state.WriteStateAsync();
        await Hand.ApplyAsync(fault);
        metrics.ForCluster(context.Cluster.Name).FaultInjected(fault.Kind);
        _ = PassAsync(fault);
        return new FaultReply(fault);
    }

    public async Task<FaultReply> ClearAsync(string id)
    {
        var fault = Array.Find(state.State.InForce, f => f.Id == id);
        if (fault is null)
        {
            var inForce = state.State.InForce.Length == 0 ? "none is" : string.Join(", ", state.State.InForce.Select(f => f.Id)) + " are";
            return new FaultReply(null, $"Fault '{id}' is not in force; {inForce}.", NotFound: true);
        }

        state.State = state.State with { InForce = [.. state.State.InForce.Where(f => f.Id != id)] };
        await state.WriteStateAsync();
        await Hand.ApplyAsync(fault);
        await Hand.GiveBackAsync(fault);
        return new FaultReply(fault);
    }

    public async Task RemindAsync(string instance)
    {
        foreach (var fault in state.State.InForce.Where(f => f.Kind == "slow" && f.Instances.Contains(instance)).ToList())
            await Hand.ApplyAsync(fault with { Instances = [instance] });
    }

    public Task<FaultMessage[]> GetInForceAsync() => Task.FromResult(state.State.InForce);

    /// <summary>Waits outside of any turn and then asks for one, so that no call is held up.</summary>
    private async Task PassAsync(FaultMessage fault)
    {
        if (fault.ForNs is not { } forNs) return;
        await context.Clock.WaitUntilAsync(fault.AtNs + forNs);
        await GrainFactory.GetGrain<IFaultGrain>(this.GetPrimaryKeyString()).ClearAsync(fault.Id);
    }
}
