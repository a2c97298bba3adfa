using System.Buffers;
using System.Text.Json;
using Cluster.Engine.Units;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Responses;

/// <summary>The <c>usage</c> object.</summary>
/// <param name="CachedTokens">Null: not known yet, left out.</param>
/// <param name="Hops">Written only when asked for.</param>
internal sealed record Usage(int PromptTokens, int CompletionTokens, int? CachedTokens, HopTimes? Hops)
{
    public void Write(IBufferWriter<byte> writer)
    {
        using var json = new Utf8JsonWriter(writer);
        Write(json);
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("prompt_tokens", PromptTokens);
        json.WriteNumber("total_tokens", PromptTokens + CompletionTokens);
        json.WriteNumber("completion_tokens", CompletionTokens);
        if (CachedTokens is { } cached)
        {
            json.WriteStartObject("prompt_tokens_details");
            json.WriteNumber("cached_tokens", cached);
            json.WriteEndObject();
        }

        if (Hops is not null) WriteHops(json, Hops);
        json.WriteEndObject();
    }

    /// <summary>In the names of the Responses API. Nothing here reasons.</summary>
    public void WriteForResponses(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("input_tokens", PromptTokens);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", CachedTokens ?? 0);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", CompletionTokens);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", 0);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", PromptTokens + CompletionTokens);
        if (Hops is not null) WriteHops(json, Hops);
        json.WriteEndObject();
    }

    private static void WriteHops(Utf8JsonWriter json, HopTimes hops)
    {
        json.WriteStartObject("ttft_hops_ms");
        json.WriteNumber("tokenize", Time.ToMilliseconds(hops.TokenizeNs));
        json.WriteNumber("route", Time.ToMilliseconds(hops.RouteNs));
        json.WriteNumber("prefill_queue", Time.ToMilliseconds(hops.PrefillQueueNs));
        json.WriteNumber("prefill", Time.ToMilliseconds(hops.PrefillNs));
        json.WriteNumber("kv_alloc", Time.ToMilliseconds(hops.KvAllocNs));
        json.WriteNumber("kv_transfer", Time.ToMilliseconds(hops.KvTransferNs));
        json.WriteNumber("decode_queue", Time.ToMilliseconds(hops.DecodeQueueNs));
        json.WriteEndObject();
    }
}
