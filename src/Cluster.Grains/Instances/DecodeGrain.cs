using Cluster.Engine.Requests;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>Generates. Takes KV over from prefill instances, or computes prompts itself when it is aggregated.</summary>
public sealed class DecodeGrain(ClusterContext context, ClusterMetrics metrics, ILogger<DecodeGrain> logger)
    : InstanceGrain(context, metrics, logger), IDecodeGrain
{
    public Task TakeOverAsync(HandOver handOver)
    {
        ArgumentNullException.ThrowIfNull(handOver);
        var request = handOver.Request.ToSpec();
        var sequence = new Sequence(request, request.OutputTokens)
        {
            Timeline = handOver.Request.Stations.ToTimeline(),
            Generated = 1,
        };
        Add(new LiveRequest(handOver.Request, sequence, handOver.Gateway) { PrefillInstance = handOver.PrefillInstance });
        Instance.EnqueueRemote(sequence, InputNs());
        Kick();
        return Task.CompletedTask;
    }

    private protected override void OnKvReserved(LiveRequest request, int missingTokens) => _ = ReceiveAsync(request, missingTokens);

    private protected override void OnPrefillComplete(LiveRequest request) =>
        throw new InvalidOperationException($"{Name} hands no KV on.");

    private async Task ReceiveAsync(LiveRequest request, int missingTokens)
    {
        var links = GrainFactory.GetGrain<ILinkGrain>(Context.Cluster.Name);
        var source = request.PrefillInstance!;
        await links.TransferAsync(new TransferOrder(request.Message.Id, source, Name, request.Message.InputTokens, missingTokens));
        await GrainFactory.GetGrain<IPrefillGrain>(GrainKeys.Instance(Context.Cluster.Name, source)).ReleaseAsync(request.Message.Id);
        if (request.Sequence.Status != SequenceStatus.Receiving) return; // aborted meanwhile
        Instance.KvArrived(request.Sequence, InputNs());
        Kick();
    }
}
