using System.Collections.Concurrent;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Nearby;

/// <summary>
/// Who of the cluster is in this process and need not be sent messages: a message within a process, its answer and the threads that
/// both wake cost more than most steps do, and every step has something to say to its gateways and to the router.
/// </summary>
public sealed class Neighbourhood
{
    private readonly ConcurrentDictionary<IGatewayObserver, NearbyGateway> _gateways = new();

    /// <summary>The router's, while it is here.</summary>
    public RouterInbox Router { get; } = new();

    /// <summary>Takes a gateway of this process in, and answers with what grains know it by, wherever they are.</summary>
    public IGatewayObserver Welcome(IGatewayObserver gateway, IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        var reference = grains.CreateObjectReference<IGatewayObserver>(gateway);
        _gateways[reference] = new NearbyGateway(gateway);
        return reference;
    }

    /// <summary>How tokens get to a gateway from here: each call is answered when they have.</summary>
    internal Func<TokenBatch, Task> WayTo(IGatewayObserver gateway) =>
        _gateways.TryGetValue(gateway, out var nearby) ? nearby.DeliverAsync : gateway.OnTokensAsync;
}
