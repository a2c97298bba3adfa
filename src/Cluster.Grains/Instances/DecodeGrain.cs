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
        using var entered = Shell.Enter();
        var request = LiveRequest.Of(handOver);
        if (!Shell.TryAdd(request)) return Task.CompletedTask;
        Shell.Recorder.Selected();
        Instance.EnqueueRemote(request.Sequence, Shell.InputNs(handOver.AtNs));
        Shell.Kick();
        return Task.CompletedTask;
    }

    public Task PrefillEndedAsync(HandOver handOver)
    {
        ArgumentNullException.ThrowIfNull(handOver);
        using var entered = Shell.Enter();
        if (Shell.Find(handOver.Request.Id) is not { } request) return Task.CompletedTask;
        request.PrefillCachedTokens = handOver.CachedTokens;
        request.Sequence.Timeline.PrefillStartedNs = handOver.Request.Stations.PrefillStartedNs;
        request.Sequence.Timeline.PrefillEndedNs = handOver.Request.Stations.PrefillEndedNs;
        return Task.CompletedTask;
    }

    public Task KvArrivedAsync(KvArrival arrival)
    {
        ArgumentNullException.ThrowIfNull(arrival);
        using var entered = Shell.Enter();
        if (Shell.Find(arrival.RequestId) is { Sequence.Status: SequenceStatus.Receiving } request)
        {
            Shell.Recorder.KvReceived(arrival.DurationNs, arrival.Bytes);
            Instance.KvArrived(request.Sequence, Shell.InputNs(arrival.AtNs));
            Shell.Kick();
        }

        return Task.CompletedTask;
    }

    public Task FallBackAsync(long requestId, long atNs)
    {
        using var entered = Shell.Enter();
        if (Shell.Find(requestId) is { Sequence.Status: SequenceStatus.Reserving or SequenceStatus.Receiving } request)
        {
            Instance.FallBack(request.Sequence, Shell.InputNs(atNs));
            Shell.Kick();
        }

        return Task.CompletedTask;
    }

    internal override void OnPrefillCompleted(LiveRequest request) =>
        throw new InvalidOperationException($"{Name} hands no KV on.");

    internal override void OnKvReserved(LiveRequest request, int missingTokens)
    {
        var news = new KvReserved(request.Message.Id, request.PrefillInstance!, Name, request.Message.InputTokens, missingTokens)
        {
            AtNs = request.Sequence.Timeline.KvReservedNs,
            Trace = request.Message.Trace,
        };
        Send(() => Links.ReservedAsync(news));
    }

    internal override void OnLeft(LiveRequest request)
    {
        var id = request.Message.Id;
        if (request.PrefillInstance is not null) Send(() => Links.CancelAsync(id));
    }
}
