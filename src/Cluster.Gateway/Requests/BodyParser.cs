using System.Buffers;
using System.Text.Json;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Requests;

/// <summary>
/// JSON of completions and chats to <see cref="GenerationBody"/>, in one pass over the received bytes. Unknown fields are skipped, as clients
/// expect.
/// </summary>
internal static class BodyParser
{
    /// <exception cref="ApiException">Not JSON, not an object, or a field of the wrong type.</exception>
    public static GenerationBody Parse(ReadOnlySequence<byte> json) => Read(json, new GenerationBody(), Field);

    /// <inheritdoc cref="Parse"/>
    public static GenerationBody ParseChat(ReadOnlySequence<byte> json) => Read(json, new GenerationBody { Api = GenerationApi.Chat }, Field);

    /// <summary>Fills <paramref name="body"/> from the one object that <paramref name="json"/> is.</summary>
    /// <inheritdoc cref="Parse"/>
    internal static GenerationBody Read(ReadOnlySequence<byte> json, GenerationBody body, OnField<GenerationBody> onField)
    {
        if (json.Length >= 3 && json.Slice(0, 3).ToArray().AsSpan().SequenceEqual("\uFEFF"u8)) json = json.Slice(3);
        if (json.IsEmpty) throw ApiException.BadRequest("The body is empty; a JSON object is needed.");
        var reader = new Utf8JsonReader(json, isFinalBlock: true, state: default);
        try
        {
            reader.Read();
            FieldReader.Object(ref reader, body, onField, "body");
            if (reader.Read()) throw ApiException.BadRequest("The body should be one JSON object and nothing after it.");
            return body;
        }
        catch (JsonException exception)
        {
            throw ApiException.BadRequest($"The body is not valid JSON: {exception.Message}");
        }
    }

    /// <summary>One field of a body; the reader stands on its value.</summary>
    internal static void Field(ref Utf8JsonReader reader, GenerationBody body, string field)
    {
        switch (field)
        {
            case "model": body.Model = FieldReader.String(ref reader, field); break;
            case "prompt": body.Prompts = PromptParser.Parse(ref reader); break;
            case "messages": body.Messages = Messages(ref reader); break;
            case "add_generation_prompt": body.AddGenerationPrompt = FieldReader.Bool(ref reader, field); break;
            case "stream": body.Stream = FieldReader.Bool(ref reader, field); break;
            case "stream_options":
                body.HasStreamOptions = true;
                FieldReader.Object(ref reader, body, StreamOption, field);
                break;
            case "user": body.User = FieldReader.String(ref reader, field); break;
            case "cache_salt": body.CacheSalt = FieldReader.String(ref reader, field); break;
            case "priority": body.Priority = FieldReader.Int(ref reader, field); break;
            case "return_hops": body.ReturnHops = FieldReader.Bool(ref reader, field); break;
            case "tokens": FieldReader.Array(ref reader, body.Tokens = [], FieldReader.Int, field); break;
            case "return_token_strs": body.ReturnTokenStrings = FieldReader.Bool(ref reader, field); break;
            case "output_content": FieldReader.Array(ref reader, body.OutputContent, Run, field); break;
            case "suffix": body.Suffix = FieldReader.String(ref reader, field); break;
            case "truncate_prompt_tokens": body.TruncatePromptTokens = FieldReader.Int(ref reader, field); break;
            case "tools" when reader.TokenType != JsonTokenType.StartArray: throw FieldReader.Wrong(ref reader, field, "a valid list");
            case "tools": body.Tools = JsonElement.ParseValue(ref reader); break;
            case "tool_choice": body.ToolChoice = JsonElement.ParseValue(ref reader); break;
            case "parallel_tool_calls": body.ParallelToolCalls = FieldReader.Bool(ref reader, field); break;
            case "response_format": body.Form.ResponseFormat = JsonElement.ParseValue(ref reader); break;
            case "structured_outputs": body.Form.StructuredOutputs = JsonElement.ParseValue(ref reader); break;
            case "guided_json" or "guided_choice" or "guided_regex" or "guided_grammar": body.Form.Guided[field] = JsonElement.ParseValue(ref reader); break;
            case "echo": body.Echo = FieldReader.Bool(ref reader, field); break;
            case "logprobs" when reader.TokenType is JsonTokenType.True or JsonTokenType.False: body.WantsLogprobs = reader.GetBoolean(); break;
            case "logprobs": body.Logprobs = FieldReader.Int(ref reader, field); break;
            case "top_logprobs": body.TopLogprobs = FieldReader.Int(ref reader, field); break;
            default: Sampling(ref reader, body, field); break;
        }
    }

    private static void Sampling(ref Utf8JsonReader reader, GenerationBody body, string field)
    {
        switch (field)
        {
            case "max_tokens": body.MaxTokens = FieldReader.Int(ref reader, field); break;
            case "max_completion_tokens": body.MaxCompletionTokens = FieldReader.Int(ref reader, field); break;
            case "min_tokens": body.MinTokens = FieldReader.Int(ref reader, field); break;
            case "ignore_eos": body.IgnoreEos = FieldReader.Bool(ref reader, field); break;
            case "n": body.N = FieldReader.Int(ref reader, field); break;
            case "seed": body.Seed = FieldReader.Long(ref reader, field); break;
            case "temperature": body.Temperature = FieldReader.Double(ref reader, field); break;
            case "top_p": body.TopP = FieldReader.Double(ref reader, field); break;
            case "min_p": body.MinP = FieldReader.Double(ref reader, field); break;
            case "top_k": body.TopK = FieldReader.Int(ref reader, field); break;
            case "presence_penalty": body.PresencePenalty = FieldReader.Double(ref reader, field); break;
            case "frequency_penalty": body.FrequencyPenalty = FieldReader.Double(ref reader, field); break;
            case "repetition_penalty": body.RepetitionPenalty = FieldReader.Double(ref reader, field); break;
            case "include_stop_str_in_output": body.IncludeStopString = FieldReader.Bool(ref reader, field); break;
            case "stop" when reader.TokenType == JsonTokenType.String: body.Stop.Add(FieldReader.String(ref reader, field)); break;
            case "stop": FieldReader.Array(ref reader, body.Stop, FieldReader.String, field); break;
            case "stop_token_ids": FieldReader.Array(ref reader, body.StopTokenIds, FieldReader.Int, field); break;
            default: reader.Skip(); break;
        }
    }

    private static void StreamOption(ref Utf8JsonReader reader, GenerationBody body, string field)
    {
        switch (field)
        {
            case "include_usage": body.IncludeUsage = FieldReader.Bool(ref reader, "stream_options.include_usage"); break;
            case "continuous_usage_stats": body.ContinuousUsage = FieldReader.Bool(ref reader, "stream_options.continuous_usage_stats"); break;
            default: reader.Skip(); break;
        }
    }

    /// <summary><c>[content id, offset, length]</c></summary>
    private static ContentRun Run(ref Utf8JsonReader reader, string field)
    {
        Span<ulong> values = stackalloc ulong[3];
        if (reader.TokenType != JsonTokenType.StartArray) throw FieldReader.Wrong(ref reader, field, "a list of [content id, offset, length]");
        for (var i = 0; i < 3; i++)
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out values[i]))
                throw FieldReader.Wrong(ref reader, field, "a list of [content id, offset, length], none negative");
        }

        if (!reader.Read() || reader.TokenType != JsonTokenType.EndArray || values[1] > int.MaxValue || values[2] is 0 or > int.MaxValue)
            throw FieldReader.Wrong(ref reader, field, "a list of [content id, offset, length] within 32 bits");
        return new ContentRun(values[0], (long)values[1], (int)values[2]);
    }

    private static List<ChatMessage> Messages(ref Utf8JsonReader reader)
    {
        var messages = new List<ChatMessage>();
        FieldReader.Array(ref reader, messages, Message, "messages");
        return messages;
    }

    private sealed class MessageDraft
    {
        public string? Role { get; set; }

        public string Content { get; set; } = "";

        /// <summary>An assistant's calls of functions as the model wrote them.</summary>
        public string? Calls { get; set; }
    }

    private static ChatMessage Message(ref Utf8JsonReader reader, string field)
    {
        var draft = new MessageDraft();
        FieldReader.Object(ref reader, draft, MessageField, field);
        var role = draft.Role ?? throw ApiException.BadRequest("messages: each needs a role: Field required.", "messages");
        return new ChatMessage(role, draft.Content + draft.Calls);
    }

    private static void MessageField(ref Utf8JsonReader reader, MessageDraft draft, string field)
    {
        switch (field)
        {
            case "role": draft.Role = FieldReader.String(ref reader, "messages.role"); break;
            case "content": draft.Content = ContentParts.TextOf(ContentParts.Read(ref reader, "messages.content"), "messages.content"); break;
            case "tool_calls": draft.Calls = Calls(ref reader, "messages.tool_calls"); break;
            default: reader.Skip(); break;
        }
    }

    private static string? Calls(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw FieldReader.Wrong(ref reader, field, "a valid list");
        return QuotedCalls.Of(JsonElement.ParseValue(ref reader), field);
    }
}
