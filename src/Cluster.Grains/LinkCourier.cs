using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;
using Cluster.Grains.Messages;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains;

/// <summary>Brings what the hand-over desk has decided to the instances that it concerns.</summary>
internal readonly struct LinkCourier(IGrainFactory grains, ClusterSpec cluster, ILogger logger)
{
    /// <param name="names">Of the instances by their places at the desk.</param>
    public void Tell(DeskEffect effect, List<string> names)
    {
        var source = grains.GetInstance(cluster, names[effect.Source]);
        var destination = grains.GetInstance(cluster, names[effect.Destination]);
        switch (effect.Kind)
        {
            case DeskEffectKind.Arrived:
                Send(() => ((IPrefillGrain)source).ReleaseAsync(effect.RequestId, effect.AtNs));
                Send(() => ((IDecodeGrain)destination).KvArrivedAsync(new KvArrival(effect.RequestId, (long)effect.Bytes, effect.DurationNs) { AtNs = effect.AtNs }));
                break;
            case DeskEffectKind.Expired:
                Send(() => ((IPrefillGrain)source).ExpireAsync(effect.RequestId, effect.AtNs));
                Send(() => ((IDecodeGrain)destination).FallBackAsync(effect.RequestId, effect.AtNs));
                break;
            case DeskEffectKind.CopyEnded or DeskEffectKind.CopyFailed:
                Send(() => destination.CopyEndedAsync(effect.RequestId, effect.Kind == DeskEffectKind.CopyEnded, effect.AtNs));
                break;
            default: throw new InvalidOperationException($"Unknown effect {effect.Kind}.");
        }
    }

    private void Send(Func<Task> send) => Resending.Default.Send(send, logger, "The link");
}
