using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Structured;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Responses;

/// <summary>
/// The typed events of the Responses API, numbered from 0: an event per step, as vLLM sends them, which is a token but for drafted ones. A token's event differs from the last one's in its text and its number alone; all
/// else of it is made once, and a token costs three copies, as one of a chat.
/// </summary>
internal sealed class ResponseEvents : AnswerEvents
{
    private readonly PlannedRequest _plan;
    private readonly PlannedChoice _choice;
    private readonly Cursor _cursor;
    private readonly bool _hasCalls;
    private readonly bool _isPlain;
    private readonly bool _joins;
    private readonly byte[] _afterText;
    private byte[] _tail = [];
    private int _tailDigitsEnd;
    private int _tailNumber = -1;
    private int _sequence;
    private int _charsOfCalls;
    private int _call;
    private bool _isCallOpen;
    private FinishReason? _finish;

    public ResponseEvents(PlannedRequest plan, PlannedChoice choice)
    {
        (_plan, _choice, _cursor) = (plan, choice, new Cursor(plan, choice));
        (_hasCalls, _isPlain) = (choice.Calls.Count > 0, !plan.ShowsLogprobs);
        _joins = plan.Model.GivesSeveralTokensAStep && _isPlain && !_hasCalls;
        _afterText = Encoding.UTF8.GetBytes($"\",\"item_id\":\"{ResponseItems.MessageId(choice)}\",\"logprobs\":");
    }

    public override int Tokens => _cursor.Tokens;

    private static ReadOnlySpan<byte> BeforeText => "event: response.output_text.delta\ndata: {\"content_index\":0,\"delta\":\""u8;

    private static ReadOnlySpan<byte> BeforeNumber => ",\"output_index\":0,\"sequence_number\":"u8;

    private static ReadOnlySpan<byte> AfterNumber => ",\"type\":\"response.output_text.delta\"}\n\n"u8;

    public override void Begin(IBufferWriter<byte> writer)
    {
        Event(writer, "response.created", json => WriteResponse(json, ResponseStatus.InProgress));
        Event(writer, "response.in_progress", json => WriteResponse(json, ResponseStatus.InProgress));
        if (_hasCalls) return;
        ItemEvent(writer, "response.output_item.added", 0, json => ResponseItems.WriteMessage(json, _plan, _choice, shown: null, ResponseStatus.InProgress));
        PartEvent(writer, "response.content_part.added", json => Part(json, new ShownAnswer("", [])));
    }

    public override void Write(IBufferWriter<byte> writer, int tokens, FinishReason? finish)
    {
        if (_joins && tokens > 1) Delta(writer, Joined(tokens));
        else Each(writer, tokens);
        if (finish is null) return;
        _finish = finish;
        Close(writer, ResponseStatus.Of(finish.Value));
    }

    private void Each(IBufferWriter<byte> writer, int tokens)
    {
        for (var i = 0; i < tokens; i++)
        {
            var token = _cursor.Next();
            if (_hasCalls) Calls(writer);
            else if (_isPlain) Delta(writer, token.Json);
            else Delta(writer, token);
        }
    }

    /// <summary>The text of several tokens, which leave in one event.</summary>
    private byte[] Joined(int tokens)
    {
        var text = new ArrayBufferWriter<byte>(16 * tokens);
        for (var i = 0; i < tokens; i++) text.Write(_cursor.Next().Json);
        return text.WrittenSpan.ToArray();
    }

    public override void Trouble(IBufferWriter<byte> writer, string message, string type, int code)
    {
        (string, string)? error = (code == StatusCodes.Status429TooManyRequests ? "rate_limit_exceeded" : "server_error", message);
        Event(writer, "response.failed", json =>
        {
            json.WritePropertyName("response");
            ResponseObject.Write(json, _plan, ResponseStatus.Failed, () => Items(json, ResponseStatus.Incomplete), error: error);
        });
    }

    /// <summary>The last event of an answer that did not fail; there is no <c>[DONE]</c>.</summary>
    public override void End(IBufferWriter<byte> writer, Usage total)
    {
        if (_finish is not { } finish) return;
        var status = ResponseStatus.Of(finish);
        Event(writer, "response." + status, json =>
        {
            json.WritePropertyName("response");
            ResponseObject.Write(json, _plan, status, () => Items(json, status), total);
        });
    }

    /// <summary>One token's text. Part of a character, or of what a stop string cuts off, shows nothing, and is no event, as in vLLM.</summary>
    private void Delta(IBufferWriter<byte> writer, byte[] text)
    {
        if (text.Length == 0) return;
        var head = BeforeText;
        var tail = Tail(_sequence++);
        var length = head.Length + text.Length + tail.Length;
        var span = writer.GetSpan(length);
        head.CopyTo(span);
        text.CopyTo(span[head.Length..]);
        tail.CopyTo(span[(head.Length + text.Length)..]);
        writer.Advance(length);
    }

    /// <summary>One token's text with its likelihood, which even a token that shows nothing has.</summary>
    private void Delta(IBufferWriter<byte> writer, EmittedToken token)
    {
        writer.Write(BeforeText);
        writer.Write(token.Json);
        writer.Write(_afterText);
        Logprobs.WriteChunkTokens(writer, _plan, token);
        writer.Write(BeforeNumber);
        Encoding.UTF8.GetBytes(Number(), writer);
        writer.Write(AfterNumber);
    }

    /// <summary>What follows the text of a plain event. The next number is counted up where the last one stands.</summary>
    private byte[] Tail(int number)
    {
        if (number != _tailNumber + 1 || !CountUp())
        {
            _tail = [.. _afterText, .. "[]"u8, .. BeforeNumber, .. Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)), .. AfterNumber];
            _tailDigitsEnd = _tail.Length - AfterNumber.Length;
        }

        _tailNumber = number;
        return _tail;
    }

    /// <returns>False: it needs another digit.</returns>
    private bool CountUp()
    {
        for (var i = _tailDigitsEnd - 1; i >= 0 && _tail[i] <= (byte)'9'; i--)
        {
            if (_tail[i] < (byte)'9')
            {
                _tail[i]++;
                return true;
            }

            _tail[i] = (byte)'0';
        }

        return false;
    }

    /// <summary>What the text up to the cursor adds to the calls; brackets and tags around them show nowhere.</summary>
    private void Calls(IBufferWriter<byte> writer)
    {
        var (from, to) = (_charsOfCalls, _cursor.Chars);
        _charsOfCalls = to;
        for (; _call < _choice.Calls.Count; _call++)
        {
            var call = _choice.Calls[_call];
            if (!_isCallOpen)
            {
                if (to < call.Span.NameEnd) return;
                _isCallOpen = true;
                ItemEvent(writer, "response.output_item.added", _call, json => ResponseItems.WriteCall(json, _choice, call, chars: 0, ResponseStatus.InProgress));
            }

            var piece = CallDeltas.Of(_choice.Structured!, call.Span, from, to);
            if (piece.Length > 0) Arguments(writer, call, piece);
            if (to < call.Span.End) return;
            CloseCall(writer, call, ResponseStatus.Completed);
        }
    }

    private void Arguments(IBufferWriter<byte> writer, ToolCall call, string piece)
    {
        const string Type = "response.function_call_arguments.delta";
        Encoding.UTF8.GetBytes(
            $"event: {Type}\ndata: {{\"delta\":\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(piece)}\",\"item_id\":\"{ResponseItems.CallItemId(call)}\","
            + $"\"output_index\":{_call},\"sequence_number\":{Number()},\"type\":\"{Type}\"}}\n\n", writer);
    }

    private void CloseCall(IBufferWriter<byte> writer, ToolCall call, string status)
    {
        _isCallOpen = false;
        Event(writer, "response.function_call_arguments.done", json =>
        {
            json.WriteString("arguments", CallDeltas.Of(_choice.Structured!, call.Span, 0, _cursor.Chars));
            json.WriteString("item_id", ResponseItems.CallItemId(call));
            json.WriteString("name", call.Span.Name);
            json.WriteNumber("output_index", _call);
        });
        ItemEvent(writer, "response.output_item.done", _call, json => ResponseItems.WriteCall(json, _choice, call, _cursor.Chars, status));
    }

    /// <summary>Ends whatever item is open.</summary>
    private void Close(IBufferWriter<byte> writer, string status)
    {
        if (_isCallOpen) CloseCall(writer, _choice.Calls[_call], status);
        if (_hasCalls) return;
        var shown = Shown();
        PartEvent(writer, "response.output_text.done", json =>
        {
            json.WritePropertyName("logprobs");
            Logprobs.WriteTokens(json, _plan, shown.Tokens);
            json.WriteString("text", shown.Text);
        });
        PartEvent(writer, "response.content_part.done", json => Part(json, shown));
        ItemEvent(writer, "response.output_item.done", 0, json => ResponseItems.WriteMessage(json, _plan, _choice, shown, status));
    }

    private ShownAnswer Shown() => ShownAnswer.Of(_plan, _choice, _cursor.Tokens);

    private void Items(Utf8JsonWriter json, string status) => ResponseItems.Write(json, _plan, _choice, Shown(), status);

    private void Part(Utf8JsonWriter json, ShownAnswer shown)
    {
        json.WritePropertyName("part");
        ResponseItems.WriteText(json, _plan, shown);
    }

    private void WriteResponse(Utf8JsonWriter json, string status)
    {
        json.WritePropertyName("response");
        ResponseObject.Write(json, _plan, status);
    }

    private void ItemEvent(IBufferWriter<byte> writer, string type, int index, Action<Utf8JsonWriter> writeItem) => Event(writer, type, json =>
    {
        json.WritePropertyName("item");
        writeItem(json);
        json.WriteNumber("output_index", index);
    });

    private void PartEvent(IBufferWriter<byte> writer, string type, Action<Utf8JsonWriter> writeRest) => Event(writer, type, json =>
    {
        json.WriteNumber("content_index", 0);
        json.WriteString("item_id", ResponseItems.MessageId(_choice));
        json.WriteNumber("output_index", 0);
        writeRest(json);
    });

    private void Event(IBufferWriter<byte> writer, string type, Action<Utf8JsonWriter> write)
    {
        Encoding.UTF8.GetBytes($"event: {type}\ndata: ", writer);
        using (var json = new Utf8JsonWriter(writer, JsonBody.Readable))
        {
            json.WriteStartObject();
            write(json);
            json.WriteNumber("sequence_number", _sequence++);
            json.WriteString("type", type);
            json.WriteEndObject();
        }

        writer.Write("\n\n"u8);
    }

    private string Number() => _sequence++.ToString(CultureInfo.InvariantCulture);
}
