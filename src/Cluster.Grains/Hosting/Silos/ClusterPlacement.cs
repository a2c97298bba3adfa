using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime.Placement;

namespace Cluster.Grains.Hosting.Silos;

/// <summary>Where grains go that say nothing of it themselves: as <see cref="SiloChoice"/> has it.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.placement.v1")]
public sealed class ClusterPlacement : PlacementStrategy;

/// <inheritdoc cref="ClusterPlacement"/>
internal sealed class ClusterPlacementDirector(IClusterMembershipService membership, ClusterContext context) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext placement)
    {
        var members = membership.CurrentSnapshot.Members;
        var silos = placement.GetCompatibleSilos(target)
            .Select(address => (Address: address, Name: members.TryGetValue(address, out var member) ? member.Name : ""))
            .OrderBy(silo => silo.Name, StringComparer.Ordinal).ThenBy(silo => silo.Address)
            .ToList();
        var chosen = SiloChoice.Choose(
            [.. silos.Select(silo => silo.Name)], target.GrainIdentity.Type.ToString() ?? "", target.GrainIdentity.Key.ToString() ?? "", context.Cluster);
        return chosen < 0
            ? throw new OrleansException($"No silo of the cluster can take {target.GrainIdentity}.")
            : Task.FromResult(silos[chosen].Address);
    }
}

internal static class ClusterPlacementHosting
{
    /// <summary>Makes <see cref="ClusterPlacement"/> the default of this silo.</summary>
    public static void AddClusterPlacement(this ISiloBuilder silo)
    {
        silo.AddPlacementDirector<ClusterPlacement, ClusterPlacementDirector>();
        silo.Services.AddSingleton<PlacementStrategy, ClusterPlacement>();
    }
}
