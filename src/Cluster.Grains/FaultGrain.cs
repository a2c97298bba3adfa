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

    private ILinkGrain Links => GrainFactory.GetGrain<ILinkGrain>(context.Cluster.Name);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // After the loss of its silo, and perhaps of others: whom the faults concern may have forgotten them as well.
        foreach (var fault in state.State.InForce) _ = Task.WhenAll(CarryOutAsync(fault), PassAsync(fault));
        return base.OnActivateAsync(cancellationToken);
    }

    public async Task<FaultReply> InjectAsync(FaultMessage order)
    {
        ArgumentNullException.ThrowIfNull(order);
        if (FaultKinds.Refusal(order.Kind, order.Target.Length > 0, order.Factor, order.ForNs) is { } refusal) return new FaultReply(null, refusal);
        var kind = FaultKinds.Find(order.Kind)!;
        var struck = FaultTargets.Of(order, (await Topology.GetPlanAsync()).Members, context.Cluster);
        if (struck.Refusal is { } miss) return new FaultReply(null, miss, struck.NotFound);
        var fault = order with
        {
            Id = $"f{state.State.Injected + 1}",
            Instances = struck.Instances,
            Factor = kind.Factor is null ? null : order.Factor ?? kind.Factor.Default,
            AtNs = context.Clock.NowNs,
        };
        if (await RefusedAsync(fault) is { } refused) return new FaultReply(null, refused);
        state.State = new FaultState { InForce = kind.Lasts ? [.. state.State.InForce, fault] : state.State.InForce, Injected = state.State.Injected + 1 };
        await state.WriteStateAsync();
        await CarryOutAsync(fault);
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
        await CarryOutAsync(fault);
        foreach (var instance in fault.Instances)
            if (fault.Kind is "crash" or "drain" && !InForce(instance, "crash", "drain").Any()) await Topology.OpenAsync(instance);
        return new FaultReply(fault);
    }

    public async Task RemindAsync(string instance)
    {
        foreach (var fault in InForce(instance, "slow").ToList()) await CarryOutAsync(fault with { Instances = [instance] });
    }

    public Task<FaultMessage[]> GetInForceAsync() => Task.FromResult(state.State.InForce);

    /// <summary>Crashes and drains can be refused by the roster, so they go first, and alone decide.</summary>
    private async Task<string?> RefusedAsync(FaultMessage fault)
    {
        if (fault.Kind is not ("crash" or "drain")) return null;
        var refusals = new List<string>();
        foreach (var instance in fault.Instances)
        {
            var reply = fault.Kind == "crash" ? await Topology.CrashAsync(instance) : await Topology.DrainAsync(instance);
            if (reply.Refusal is { } why) refusals.Add(why);
        }

        return refusals.Count == fault.Instances.Length ? string.Join(' ', refusals) : null;
    }

    /// <summary>Tells everybody concerned how things stand now, whether the fault began or passed.</summary>
    private async Task CarryOutAsync(FaultMessage fault)
    {
        switch (fault.Kind)
        {
            case "slow":
                foreach (var name in fault.Instances) await GrainFactory.GetInstance(context.Cluster, name).SlowAsync(fault.Rank, Product(name, "slow", fault.Rank));
                break;
            case "link" when context.Cluster.Link is not null:
                foreach (var name in fault.Instances) await Links.DegradeAsync(name, Product(name, "link"));
                break;
            case "expire_kv" when context.Cluster.Link is not null:
                foreach (var name in fault.Instances) await Links.ExpireAsync(name);
                break;
            case "router_restart":
                await GrainFactory.GetGrain<IRouterGrain>(context.Cluster.Name).RestartAsync();
                break;
            default:
                break; // crashes and drains were carried out by the topology, disconnects by the gateways
        }
    }

    /// <summary>Waits outside of any turn and then asks for one, so that no call is held up.</summary>
    private async Task PassAsync(FaultMessage fault)
    {
        if (fault.ForNs is not { } forNs) return;
        await context.Clock.WaitUntilAsync(fault.AtNs + forNs);
        await GrainFactory.GetGrain<IFaultGrain>(this.GetPrimaryKeyString()).ClearAsync(fault.Id);
    }

    private double Product(string instance, string kind, int rank = 0) =>
        InForce(instance, kind).Where(f => f.Rank == rank).Aggregate(1.0, (product, fault) => product * fault.Factor!.Value);

    private IEnumerable<FaultMessage> InForce(string instance, params string[] kinds) =>
        state.State.InForce.Where(f => kinds.Contains(f.Kind) && f.Instances.Contains(instance));
}
