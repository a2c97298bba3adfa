using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>Computes prompts, then holds their KV until the decode instance has it.</summary>
public sealed class PrefillGrain(ClusterContext context, ClusterMetrics metrics, ILogger<PrefillGrain> logger)
    : InstanceGrain(context, metrics, logger), IPrefillGrain
{
    public Task ReleaseAsync(long requestId)
    {
        if (Find(requestId) is { } request)
        {
            Instance.ReleaseHeld(request.Sequence, InputNs());
            Remove(request);
            Kick();
        }

        return Task.CompletedTask;
    }

    private protected override void OnPrefillComplete(LiveRequest request)
    {
        var decode = GrainFactory.GetGrain<IDecodeGrain>(GrainKeys.Instance(Context.Cluster.Name, request.DecodeInstance!));
        var message = request.Message with { Stations = StationsMessage.Of(request.Sequence.Timeline) };
        _ = decode.TakeOverAsync(new HandOver(message, Name, Math.Max(0, request.Sequence.CachedTokens), request.Gateway));
    }

    private protected override void OnKvReserved(LiveRequest request, int missingTokens) =>
        throw new InvalidOperationException($"{Name} is a prefill instance: no KV comes to it.");
}
