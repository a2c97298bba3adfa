using Cluster.Engine.Units;
using Cluster.Grains.Timing;
using Cluster.ServiceDefaults.Tracing;

namespace Cluster.Grains.Instances;

/// <summary>
/// Adds what an instance did for a request to the request's trace, from the process where the instance is. Steps serve many
/// requests at once, so spans are made from the stations that a request has passed, not from calls.
/// </summary>
internal sealed class RequestSpans(string instance, EmulatedClock clock)
{
    /// <summary>The prompt is computed here.</summary>
    public void PromptComputed(LiveRequest request)
    {
        if (request.Message.Trace is null) return;
        var line = request.Sequence.Timeline;
        Add(request, "prefill_queue", line.RoutedNs, line.PrefillStartedNs);
        Add(request, "prefill", line.PrefillStartedNs, line.PrefillEndedNs,
            new("gen_ai.usage.input_tokens", request.Message.InputTokens), new("gen_ai.usage.cache_read.input_tokens", Math.Max(0, request.Sequence.CachedTokens)));
    }

    /// <summary>The first token leaves here.</summary>
    public void FirstToken(LiveRequest request)
    {
        if (request.Message.Trace is null) return;
        var line = request.Sequence.Timeline;
        if (request.PrefillInstance is null)
        {
            PromptComputed(request);
            return;
        }

        Add(request, "kv_alloc", line.PrefillEndedNs, line.KvReservedNs);
        Add(request, "decode_queue", line.KvArrivedNs, line.FirstTokenNs);
    }

    /// <summary>The request leaves, finished or not.</summary>
    /// <param name="nowNs">When, if it did not finish.</param>
    /// <param name="outcome"><c>completed</c>, <c>aborted</c>, <c>failed</c> or <c>lost</c>.</param>
    public void Ended(LiveRequest request, long nowNs, string outcome)
    {
        var line = request.Sequence.Timeline;
        if (request.Message.Trace is null || line.FirstTokenNs == Time.Unset) return;
        Add(request, RequestTracing.Decode, line.FirstTokenNs, line.FinishedNs == Time.Unset ? nowNs : line.FinishedNs,
            new("gen_ai.usage.output_tokens", request.Sequence.Generated), new("xpyd.outcome", outcome));
    }

    private void Add(LiveRequest request, string hop, long fromNs, long toNs, params ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (fromNs == Time.Unset || toNs == Time.Unset) return;
        RequestTracing.HopPassed(hop, request.Message.Trace, clock.ToUtc(fromNs), clock.ToUtc(toNs), toNs - fromNs, instance, tags);
    }
}
