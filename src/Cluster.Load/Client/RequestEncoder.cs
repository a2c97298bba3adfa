using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Cluster.Engine.Requests;

namespace Cluster.Load.Client;

/// <summary>A request on the wire: head and body in one buffer, sent in one go.</summary>
internal sealed class RequestEncoder
{
    private readonly LoadOptions _options;
    private readonly byte[] _head;

    public RequestEncoder(Uri endpoint, LoadOptions options)
    {
        _options = options;
        var path = options.Api == LoadApi.Chat ? "/v1/chat/completions" : "/v1/completions";
        var prefix = endpoint.AbsolutePath.TrimEnd('/');
        // Both http://host:8000 and http://host:8000/v1 are in use as base addresses.
        if (prefix.EndsWith("/v1", StringComparison.Ordinal)) prefix = prefix[..^3];
        var head = new StringBuilder($"POST {prefix}{path} HTTP/1.1\r\nHost: {endpoint.Authority}\r\nContent-Type: application/json\r\nUser-Agent: xpyd-load\r\n");
        head.Append(options.Stream ? "Accept: text/event-stream\r\n" : "Accept: application/json\r\n");
        if (options.ApiKey is not null) head.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {options.ApiKey}\r\n");
        _head = Encoding.ASCII.GetBytes(head.ToString());
    }

    /// <summary>Writes <paramref name="spec"/> into <paramref name="into"/>, replacing what it held.</summary>
    public void Encode(RequestSpec spec, ArrayBufferWriter<byte> into)
    {
        var body = new ArrayBufferWriter<byte>(256 + spec.InputTokens * 6);
        Body(spec, body);
        into.ResetWrittenCount();
        into.Write(_head);
        if (spec.SessionId != 0) Ascii(into, $"X-Session-Id: {spec.SessionId}\r\n");
        Ascii(into, $"Content-Length: {body.WrittenCount}\r\n\r\n");
        into.Write(body.WrittenSpan);
    }

    private void Body(RequestSpec spec, ArrayBufferWriter<byte> body)
    {
        body.Write("{"u8);
        if ((_options.Model ?? spec.Model) is { } model) Ascii(body, $"\"model\":{JsonSerializer.Serialize(model)},");
        Prompt(spec, body);
        Ascii(body, $",\"max_tokens\":{spec.OutputTokens}");
        if (_options.IgnoreEos) body.Write(",\"ignore_eos\":true"u8);
        if (_options.Stream) body.Write(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"u8);
        if (spec.Priority != 0) Ascii(body, $",\"priority\":{spec.Priority}");
        if (_options.AskForHops) body.Write(",\"return_hops\":true"u8);
        if (_options.SendOutputContent) OutputContent(spec, body);
        if (_options.ExtraBody is { } extra) Ascii(body, "," + extra);
        body.Write("}"u8);
    }

    private void Prompt(RequestSpec spec, ArrayBufferWriter<byte> body)
    {
        if (_options.Prompts == PromptForm.TokenIds)
        {
            body.Write("\"prompt\":["u8);
            TokenIds.Visit(spec.Content, 0, spec.InputTokens, token => Number(body, token));
            body.Write("]"u8);
            return;
        }

        body.Write(_options.Api == LoadApi.Chat ? "\"messages\":[{\"role\":\"user\",\"content\":\""u8 : "\"prompt\":\""u8);
        TokenIds.Visit(spec.Content, 0, spec.InputTokens, token => body.Write(PlainWords.Of(token)));
        body.Write(_options.Api == LoadApi.Chat ? "\"}]"u8 : "\""u8);
    }

    /// <summary>The answer's content as [name, offset, length] runs: few, where a prompt's ids would be many.</summary>
    private static void OutputContent(RequestSpec spec, ArrayBufferWriter<byte> body)
    {
        long start = 0;
        var isFirst = true;
        foreach (var segment in spec.Content.Segments)
        {
            var from = Math.Max(start, spec.InputTokens);
            var end = Math.Min(start + segment.Length, (long)spec.InputTokens + spec.OutputTokens);
            if (from < end)
            {
                Ascii(body, $"{(isFirst ? ",\"output_content\":[" : ",")}[{segment.ContentId},{from - start},{end - from}]");
                isFirst = false;
            }

            start += segment.Length;
        }

        if (!isFirst) body.Write("]"u8);
    }

    private static void Number(ArrayBufferWriter<byte> body, int value)
    {
        var span = body.GetSpan(12);
        var start = 0;
        // A comma goes before every number but the first, which follows the bracket.
        if (body.WrittenSpan[^1] != (byte)'[') span[start++] = (byte)',';
        Utf8Formatter.TryFormat(value, span[start..], out var written);
        body.Advance(start + written);
    }

    private static void Ascii(IBufferWriter<byte> writer, string text) => Encoding.UTF8.GetBytes(text, writer);
}
