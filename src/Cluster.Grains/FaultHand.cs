using Cluster.Engine.Topology;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>Does what a fault means: tells topology, instances, links and router how things stand with it. Faults of one kind on one instance multiply.</summary>
/// <param name="inForce">The faults in force, this one among them unless it has passed or is over at once.</param>
internal readonly struct FaultHand(ClusterSpec cluster, IGrainFactory grains, FaultMessage[] inForce)
{
    private ITopologyGrain Topology => grains.GetGrain<ITopologyGrain>(cluster.Name);

    private ILinkGrain Links => grains.GetGrain<ILinkGrain>(cluster.Name);

    /// <summary>Tells everybody concerned how things stand now, whether the fault began or passed.</summary>
    public async Task ApplyAsync(FaultMessage fault)
    {
        switch (fault.Kind)
        {
            case "slow":
                foreach (var name in fault.Instances) await grains.GetInstance(cluster, name).SlowAsync(fault.Rank, Product(name, "slow", fault.Rank));
                break;
            case "link" when cluster.Link is not null:
                foreach (var name in fault.Instances) await Links.DegradeAsync(name, Product(name, "link"));
                break;
            case "store" when cluster.HasStores:
                await grains.GetGrain<IStoreGrain>(cluster.Name).DegradeAsync(Product(inForce.Where(f => f.Kind == "store")));
                break;
            case "expire_kv" when cluster.Link is not null:
                foreach (var name in fault.Instances) await Links.ExpireAsync(name);
                break;
            case "router_restart":
                await grains.GetGrain<IRouterGrain>(cluster.Name).RestartAsync();
                break;
            default:
                break; // crashes and drains are the topology's, disconnects the gateways'
        }
    }

    /// <summary>Crashes and drains can be refused by the roster, so they go first, and alone decide: why, or null.</summary>
    public async Task<string?> TakeAwayAsync(FaultMessage fault)
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

    /// <summary>What a crash or drain took away is there again, unless another still holds it.</summary>
    public async Task GiveBackAsync(FaultMessage fault)
    {
        if (fault.Kind is not ("crash" or "drain")) return;
        foreach (var instance in fault.Instances)
            if (!InForce(instance, "crash", "drain").Any()) await Topology.OpenAsync(instance);
    }

    private double Product(string instance, string kind, int rank = 0) =>
        Product(InForce(instance, kind).Where(f => f.Rank == rank));

    private static double Product(IEnumerable<FaultMessage> faults) => faults.Aggregate(1.0, (product, fault) => product * fault.Factor!.Value);

    private IEnumerable<FaultMessage> InForce(string instance, params string[] kinds) =>
        inForce.Where(f => kinds.Contains(f.Kind) && f.Instances.Contains(instance));
}
