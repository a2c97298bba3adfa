using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Responses;

/// <summary>
/// Writes one choice's chunks of a completion or a chat: an event per step, as vLLM does, which is a token but for drafted ones. All but the token's text is the same in each, so it is
/// made once, and a token costs three copies.
/// </summary>
internal sealed class SseChunks : AnswerEvents
{
    private readonly PlannedRequest _plan;
    private readonly PlannedChoice _choice;
    private readonly Cursor _cursor;
    private readonly byte[] _head;
    private readonly bool _isPlain;
    private readonly bool _joins;
    private readonly string _echoed;
    private readonly CallDeltas? _calls;

    public SseChunks(PlannedRequest plan, PlannedChoice choice)
    {
        _plan = plan;
        _choice = choice;
        _cursor = new Cursor(plan, choice);
        _isPlain = !plan.Body.ContinuousUsage && !plan.ShowsLogprobs;
        _calls = choice.Calls.Count > 0 ? new CallDeltas(choice.Structured!) : null;
        _joins = plan.Model.GivesSeveralTokensAStep && !plan.ShowsLogprobs && _calls is null;
        _echoed = plan.Body.Echo && !plan.IsChat ? PromptText.Of(plan, choice) : "";
        _head = Encoding.UTF8.GetBytes(Opening() + (plan.IsChat ? "\"delta\":{\"content\":\"" : "\"text\":\""));
    }

    private ReadOnlySpan<byte> Tail => _plan.IsChat
        ? "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n"u8
        : "\",\"logprobs\":null,\"finish_reason\":null}]}\n\n"u8;

    public override int Tokens => _cursor.Tokens;

    /// <summary>The role, or the prompt when it is to be echoed.</summary>
    public override void Begin(IBufferWriter<byte> writer)
    {
        if (_plan.IsChat) Text(writer, Opening() + "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]" + UsageNow() + "}\n\n");
        else if (_plan.Body.Echo) Event(writer, Encoding.UTF8.GetBytes(JavaScriptEncoder.Default.Encode(_echoed)), null, null, isPrompt: true);
    }

    /// <summary>So many tokens; the last of them carries the finish reason if one is given.</summary>
    public override void Write(IBufferWriter<byte> writer, int tokens, FinishReason? finish)
    {
        var finishReason = finish is { } reason ? _choice.FinishWord(reason) : null;
        if (_plan.Body.IsEchoOnly) tokens = 0;
        if (_joins && tokens > 1)
        {
            Joined(writer, tokens, finishReason);
            return;
        }

        for (var i = 0; i < tokens; i++)
        {
            var token = _cursor.Next();
            var isLast = finishReason is not null && i == tokens - 1;
            if (_calls is not null) Calls(writer, token, isLast ? finishReason : null);
            else if (_isPlain && !isLast) Plain(writer, token.Json);
            else Event(writer, token.Json, token, isLast ? finishReason : null);
        }

        if (tokens > 0 || finishReason is null) return;
        if (_calls is not null) Calls(writer, null, finishReason);
        else Event(writer, [], null, finishReason);
    }

    /// <summary>The chunk without choices that closes a stream with <c>include_usage</c>, and the mark after it.</summary>
    public override void End(IBufferWriter<byte> writer, Usage total)
    {
        if (_plan.Body.IncludeUsage)
        {
            Text(writer, Envelope(_plan) + "],\"usage\":");
            total.Write(writer);
            writer.Write("}\n\n"u8);
        }

        writer.Write("data: [DONE]\n\n"u8);
    }

    public override void Trouble(IBufferWriter<byte> writer, string message, string type, int code)
    {
        writer.Write("data: "u8);
        ErrorBody.Write(writer, message, type, null, code);
        writer.Write("\n\n"u8);
    }

    private static string Envelope(PlannedRequest plan) =>
        $"data: {{\"id\":\"{plan.Id}\",\"object\":\"{(plan.IsChat ? "chat.completion.chunk" : "text_completion")}\",\"created\":{plan.CreatedUnixSeconds},"
        + $"\"model\":\"{JavaScriptEncoder.Default.Encode(plan.Model.Name)}\",\"choices\":[";

    private static void Text(IBufferWriter<byte> writer, string text) => Encoding.UTF8.GetBytes(text, writer);

    private string Opening() => $"{Envelope(_plan)}{{\"index\":{_choice.Index},";

    private void Plain(IBufferWriter<byte> writer, byte[] json)
    {
        var tail = Tail;
        var length = _head.Length + json.Length + tail.Length;
        var span = writer.GetSpan(length);
        _head.CopyTo(span);
        json.CopyTo(span[_head.Length..]);
        tail.CopyTo(span[(_head.Length + json.Length)..]);
        writer.Advance(length);
    }

    /// <summary>Several tokens in one event. What a slow reader left waiting joins them, as it does in vLLM.</summary>
    private void Joined(IBufferWriter<byte> writer, int tokens, string? finishReason)
    {
        writer.Write(_head);
        for (var i = 0; i < tokens; i++) writer.Write(_cursor.Next().Json);
        if (_isPlain && finishReason is null)
        {
            writer.Write(Tail);
            return;
        }

        writer.Write(_plan.IsChat ? "\"}"u8 : "\""u8);
        Close(writer, null, finishReason, isPrompt: false);
    }

    private void Event(IBufferWriter<byte> writer, ReadOnlySpan<byte> json, EmittedToken? token, string? finishReason, bool isPrompt = false)
    {
        writer.Write(_head);
        writer.Write(json);
        writer.Write(_plan.IsChat ? "\"}"u8 : "\""u8);
        Close(writer, token, finishReason, isPrompt);
    }

    /// <summary>What a token adds to the calls; one that adds nothing, such as a bracket around them, has no event.</summary>
    private void Calls(IBufferWriter<byte> writer, EmittedToken? token, string? finishReason)
    {
        var delta = _calls!.Take(_cursor.Chars);
        if (delta is null && finishReason is null) return;
        Text(writer, Opening() + "\"delta\":{" + (delta is null ? "" : "\"tool_calls\":" + delta) + "}");
        Close(writer, token, finishReason, isPrompt: false);
    }

    private void Close(IBufferWriter<byte> writer, EmittedToken? token, string? finishReason, bool isPrompt)
    {
        writer.Write(",\"logprobs\":"u8);
        if (!_plan.ShowsLogprobs || (token is null && !isPrompt)) writer.Write("null"u8);
        else if (token is null) Logprobs.WritePrompt(writer, _plan, _choice);
        else Logprobs.WriteChunk(writer, _plan, token, _echoed.Length + _cursor.Chars - token.Text.Length);
        Text(writer, finishReason is null ? ",\"finish_reason\":null}]" : $",\"finish_reason\":\"{finishReason}\",\"stop_reason\":{StopReason()}}}]");
        Text(writer, UsageNow() + "}\n\n");
    }

    private string StopReason() => _choice.StopReason is null ? "null" : JsonSerializer.Serialize(_choice.StopReason);

    private string UsageNow()
    {
        if (!_plan.Body.ContinuousUsage || !_plan.Body.Stream) return "";
        var buffer = new ArrayBufferWriter<byte>(128);
        new Usage(_choice.Request.Spec.InputTokens, Tokens, null, null).Write(buffer);
        return ",\"usage\":" + Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
