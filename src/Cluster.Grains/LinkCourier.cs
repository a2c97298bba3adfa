using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;
using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>Brings what the hand-over desk has decided to the instances that it concerns.</summary>
internal readonly struct LinkCourier(IGrainFactory grains, ClusterSpec cluster)
{
    /// <param name="names">Of the instances by their places at the desk.</param>
    public void Tell(DeskEffect effect, List<string> names)
    {
        var source = grains.GetInstance(cluster, names[effect.Source]);
        var destination = grains.GetInstance(cluster, names[effect.Destination]);
        _ = effect.Kind switch
        {
            DeskEffectKind.Arrived => Task.WhenAll(
                ((IPrefillGrain)source).ReleaseAsync(effect.RequestId, effect.AtNs),
                ((IDecodeGrain)destination).KvArrivedAsync(new KvArrival(effect.RequestId, (long)effect.Bytes, effect.DurationNs) { AtNs = effect.AtNs })),
            DeskEffectKind.Expired => Task.WhenAll(
                ((IPrefillGrain)source).ExpireAsync(effect.RequestId, effect.AtNs),
                ((IDecodeGrain)destination).FallBackAsync(effect.RequestId, effect.AtNs)),
            DeskEffectKind.CopyEnded => destination.CopyEndedAsync(effect.RequestId, arrived: true, effect.AtNs),
            DeskEffectKind.CopyFailed => destination.CopyEndedAsync(effect.RequestId, arrived: false, effect.AtNs),
            _ => throw new InvalidOperationException($"Unknown effect {effect.Kind}."),
        };
    }
}
