using System.Buffers;
using System.Text.Json;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Requests;

/// <summary>
/// JSON of the Responses API to the chat request that it comes to, as vLLM turns it into one; what the answer repeats is kept beside it. Unknown
/// fields are skipped. Known ones of other APIs are not: they would change the answer there, and be overlooked here.
/// </summary>
internal static class ResponsesParser
{
    private static readonly string[] s_includes =
    [
        "code_interpreter_call.outputs", "computer_call_output.output.image_url", "file_search_call.results", "message.input_image.image_url",
        "message.output_text.logprobs", "reasoning.encrypted_content",
    ];

    /// <exception cref="ApiException">Not JSON, not an object, a field of the wrong type, or one that cannot be honoured.</exception>
    public static GenerationBody Parse(ReadOnlySequence<byte> json)
    {
        var body = BodyParser.Read(json, new GenerationBody { Api = GenerationApi.Responses, Responses = new ResponsesFields() }, Field);
        if (body.Responses!.Instructions is { Length: > 0 } instructions) body.Messages?.Insert(0, new ChatMessage("system", instructions));
        ResponsesTools.CheckChoice(body);
        return body;
    }

    private static void Field(ref Utf8JsonReader reader, GenerationBody body, string field)
    {
        var more = body.Responses!;
        switch (field)
        {
            case "input": body.Messages = ResponsesInput.Read(ref reader, body); break;
            case "instructions": more.Instructions = FieldReader.String(ref reader, field); break;
            case "max_output_tokens": body.MaxTokens = FieldReader.Int(ref reader, field); break;
            case "max_tool_calls": more.MaxToolCalls = FieldReader.Int(ref reader, field); break;
            case "tools" when reader.TokenType != JsonTokenType.StartArray: throw FieldReader.Wrong(ref reader, field, "a valid list");
            case "tools": body.Tools = ResponsesTools.ForChat(Echoed(ref reader, field, json => more.Tools = json)); break;
            case "tool_choice": ResponsesTools.ReadChoice(Echoed(ref reader, field, json => more.ToolChoice = json), body); break;
            case "text": ResponsesText.Read(Echoed(ref reader, field, json => more.Text = json), body); break;
            case "metadata": CheckTexts(Echoed(ref reader, field, json => more.Metadata = json), field); break;
            case "reasoning": CheckReasoning(Echoed(ref reader, field, json => more.Reasoning = json)); break;
            case "include": Include(ref reader, body); break;
            case "service_tier": more.ServiceTier = FieldReader.Word(FieldReader.String(ref reader, field), field, "auto", "default", "flex", "scale", "priority"); break;
            case "truncation":
                more.Truncation = FieldReader.Word(FieldReader.String(ref reader, field), field, "auto", "disabled");
                if (more.Truncation == "auto") body.TruncatePromptTokens = -1;
                break;
            case "store": more.Store = FieldReader.Bool(ref reader, field); break;
            case "background": more.Background = FieldReader.Bool(ref reader, field); break;
            case "previous_response_id": more.PreviousResponseId = FieldReader.String(ref reader, field); break;
            case "request_id": more.RequestId = FieldReader.String(ref reader, field); break;
            // OpenAI's pads events so that their lengths tell nothing of the text; nothing here is worth guessing.
            case "stream_options": reader.Skip(); break;
            default:
                Refuse(ref reader, field);
                BodyParser.Field(ref reader, body, field);
                break;
        }
    }

    private static void Refuse(ref Utf8JsonReader reader, string field)
    {
        var instead = field switch
        {
            "messages" => "is a field of /v1/chat/completions; send the conversation as `input`.",
            "max_tokens" or "max_completion_tokens" => "is called `max_output_tokens` in /v1/responses.",
            "response_format" => "is called `text.format` in /v1/responses, without the inner `json_schema`.",
            "logprobs" => "is asked for by `\"include\": [\"message.output_text.logprobs\"]` in /v1/responses.",
            "n" when FieldReader.Int(ref reader, field) != 1 => "must be 1: /v1/responses gives one answer to a request; send several requests.",
            "prompt" => "prompt template is not supported; send what it would come to as `input` and `instructions`.",
            "conversation" => "is kept by a server, and none is kept here; send the turns so far as items of `input`.",
            "previous_input_messages" => "is not emulated; send the turns so far as items of `input`.",
            "enable_response_messages" when FieldReader.Bool(ref reader, field) => "is not emulated; /tokenize shows the tokens of a conversation.",
            _ => null,
        };
        if (instead is not null) throw ApiException.BadRequest($"{field}: {instead}", field);
    }

    private static void Include(ref Utf8JsonReader reader, GenerationBody body)
    {
        var included = new List<string>();
        FieldReader.Array(ref reader, included, static (ref Utf8JsonReader r, string name) => FieldReader.Word(FieldReader.String(ref r, name), name, s_includes), "include");
        body.WantsLogprobs = included.Contains("message.output_text.logprobs");
    }

    /// <summary>A value that the answer repeats.</summary>
    private static JsonElement Echoed(ref Utf8JsonReader reader, string field, Action<byte[]> keep)
    {
        var value = JsonElement.ParseValue(ref reader);
        keep(JsonCopy.Compact(value, field));
        return value;
    }

    private static void CheckTexts(JsonElement metadata, string field)
    {
        if (metadata.ValueKind != JsonValueKind.Object) throw ApiException.BadRequest($"{field}: Input should be a valid dictionary", field);
        foreach (var entry in metadata.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.String) throw ApiException.BadRequest($"{field}.{JsonCopy.Shown(entry.Name)}: Input should be a valid string", field);
        }
    }

    /// <summary>No reasoning is emulated, so that its effort changes nothing; a word that vLLM would refuse is refused all the same.</summary>
    private static void CheckReasoning(JsonElement reasoning)
    {
        if (reasoning.ValueKind != JsonValueKind.Object) throw ApiException.BadRequest("reasoning: Input should be a valid dictionary", "reasoning");
        Word("effort", "none", "minimal", "low", "medium", "high", "xhigh");
        Word("summary", "auto", "concise", "detailed");
        Word("generate_summary", "auto", "concise", "detailed");

        void Word(string name, params string[] known)
        {
            if (JsonCopy.Text(reasoning, name, "reasoning") is { } given) FieldReader.Word(given, $"reasoning.{name}", known);
        }
    }
}
