using Cluster.Engine.Requests;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Instances;

/// <summary>Computes prompts, then holds their KV until the decode instance has it.</summary>
public sealed class PrefillGrain(ClusterContext context, ClusterMetrics metrics, ILogger<PrefillGrain> logger)
    : InstanceGrain(context, metrics, logger), IPrefillGrain
{
    public Task ReleaseAsync(long requestId, long atNs) => LetGo(requestId, request => Instance.ReleaseHeld(request.Sequence, Shell.InputNs(atNs)));

    public Task ExpireAsync(long requestId, long atNs) => LetGo(requestId, request => Instance.ExpireHeld(request.Sequence, Shell.InputNs(atNs)));

    /// <summary>With overlap, layers leave while the prompt is still computed.</summary>
    internal override void OnStepBegan(long nowNs)
    {
        if (!Context.Cluster.Transfer.LayerwiseOverlap) return;
        foreach (var (sequence, tokens) in Instance.Chunks)
        {
            // Of a single token nothing is left to decode: it ends here.
            if (sequence.TargetTokens >= sequence.Request.OutputTokens || Shell.Find(sequence.Id) is not { } request) continue;
            if (!request.IsAnnounced) TakeOver(request, nowNs);
            request.IsAnnounced = true;
            Tell(Computed(request, sequence.Computed, tokens, ended: false, nowNs));
        }
    }

    internal override void OnPrefillCompleted(LiveRequest request)
    {
        Shell.Recorder.Prefilled(request.Sequence.Timeline);
        var endedNs = request.Sequence.Timeline.PrefillEndedNs;
        if (request.IsAnnounced) PrefillEnded(request, endedNs);
        else TakeOver(request, endedNs);
        request.IsAnnounced = true;
        Tell(Computed(request, 0, 0, ended: true, endedNs));
    }

    internal override void OnKvReserved(LiveRequest request, int missingTokens) =>
        throw new InvalidOperationException($"{Name} is a prefill instance: no KV comes to it.");

    /// <summary>The decode instance hears of it from here, behind the announcement: an abort from elsewhere could overtake that.</summary>
    internal override void OnLeft(LiveRequest request)
    {
        if (!request.IsAnnounced) return;
        var (id, decode) = (request.Message.Id, DecodeOf(request));
        Send(() => Links.CancelAsync(id));
        Send(() => decode.AbortAsync(id));
    }

    private void TakeOver(LiveRequest request, long atNs)
    {
        var (decode, news) = (DecodeOf(request), News(request, atNs));
        Send(() => decode.TakeOverAsync(news));
    }

    private void PrefillEnded(LiveRequest request, long atNs)
    {
        var (decode, news) = (DecodeOf(request), News(request, atNs));
        Send(() => decode.PrefillEndedAsync(news));
    }

    private void Tell(KvComputed news) => Send(() => Links.ComputedAsync(news));

    private Task LetGo(long requestId, Action<LiveRequest> release)
    {
        using var entered = Shell.Enter();
        if (Shell.Find(requestId) is { Sequence.Status: SequenceStatus.Held } request)
        {
            release(request);
            Shell.Remove(request);
            Shell.Kick();
        }

        return Task.CompletedTask;
    }

    private HandOver News(LiveRequest request, long atNs)
    {
        var message = request.Message with { Stations = StationsMessage.Of(request.Sequence.Timeline) };
        return new HandOver(message, Name, Math.Max(0, request.Sequence.CachedTokens), request.Gateway) { AtNs = atNs };
    }

    private KvComputed Computed(LiveRequest request, int computed, int tokens, bool ended, long atNs) =>
        new(request.Message.Id, Name, request.DecodeInstance!, request.Message.InputTokens, computed, tokens, ended) { AtNs = atNs };

    private IDecodeGrain DecodeOf(LiveRequest request) =>
        Grains.GetGrain<IDecodeGrain>(GrainKeys.Instance(Context.Cluster.Name, request.DecodeInstance!));
}
