using System.Text.Json;

namespace Cluster.Load.Client;

/// <summary>
/// Reads what a measurement needs out of chunks: does it carry text, is it the end, what does usage say. Chunks of one
/// stream differ in little but the token, so once a chunk was parsed in full, the next is compared at the same place.
/// </summary>
internal sealed class ChunkInspector
{
    private int _textAt = -1;
    private byte[] _textKey = [];

    /// <summary>Chunks that carried text, since the last <see cref="Reset"/>.</summary>
    public int TextChunks { get; private set; }

    public bool IsDone { get; private set; }

    /// <summary>A finish reason has come.</summary>
    public bool HasFinished { get; private set; }

    public int? PromptTokens { get; private set; }

    public int? CompletionTokens { get; private set; }

    public int CachedTokens { get; private set; }

    public string? Error { get; private set; }

    public Dictionary<string, double>? HopsMs { get; private set; }

    public void Reset()
    {
        (TextChunks, IsDone, HasFinished, PromptTokens, CompletionTokens, CachedTokens, Error, HopsMs) = (0, false, false, null, null, 0, null, null);
    }

    /// <summary>One event of a stream.</summary>
    public void Event(ReadOnlySpan<byte> payload)
    {
        if (IsPlain(payload, out var carriesText))
        {
            if (carriesText) TextChunks++;
            return;
        }

        if (payload.SequenceEqual("[DONE]"u8)) IsDone = true;
        else Document(payload);
    }

    /// <summary>A whole answer, or a chunk that is not like the one before.</summary>
    public void Document(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("not an object");
            var carriesText = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) TopField(ref reader, ref carriesText);
            if (carriesText) TextChunks++;
            if (carriesText) RememberPlace(json);
        }
        catch (JsonException exception)
        {
            Error ??= $"An event is not valid JSON: {exception.Message}";
        }
        catch (InvalidOperationException exception)
        {
            Error ??= $"An event has an unexpected shape: {exception.Message}";
        }
    }

    private bool IsPlain(ReadOnlySpan<byte> payload, out bool carriesText)
    {
        carriesText = false;
        if (_textAt < 0 || payload.Length <= _textAt + _textKey.Length + 1 || !payload.EndsWith("\"finish_reason\":null}]}"u8)) return false;
        if (!payload[_textAt..].StartsWith(_textKey)) return false;
        carriesText = payload[_textAt + _textKey.Length] != (byte)'"';
        return true;
    }

    private void RememberPlace(ReadOnlySpan<byte> json)
    {
        foreach (var key in (ReadOnlySpan<byte[]>)[s_text, s_content])
        {
            var at = json.IndexOf(key);
            if (at < 0) continue;
            (_textAt, _textKey) = (at, key);
            return;
        }
    }

    private static readonly byte[] s_text = "\"text\":\""u8.ToArray();
    private static readonly byte[] s_content = "\"delta\":{\"content\":\""u8.ToArray();

    private void TopField(ref Utf8JsonReader reader, ref bool carriesText)
    {
        var isChoices = reader.ValueTextEquals("choices"u8);
        var isUsage = reader.ValueTextEquals("usage"u8);
        var isError = reader.ValueTextEquals("error"u8);
        reader.Read();
        if (isChoices && reader.TokenType == JsonTokenType.StartArray) Choices(ref reader, ref carriesText);
        else if (isUsage && reader.TokenType == JsonTokenType.StartObject) Usage(ref reader);
        else if (isError && reader.TokenType != JsonTokenType.Null) Error = ErrorText(ref reader);
        else reader.Skip();
    }

    private void Choices(ref Utf8JsonReader reader, ref bool carriesText)
    {
        var depth = reader.CurrentDepth;
        while (reader.Read() && !(reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == depth))
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            var isText = reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("reasoning_content"u8);
            var isCall = reader.ValueTextEquals("arguments"u8);
            var isFinish = reader.ValueTextEquals("finish_reason"u8);
            var isLogprobs = reader.ValueTextEquals("logprobs"u8);
            reader.Read();
            if (isLogprobs) reader.Skip();
            else if ((isText || isCall) && reader.TokenType == JsonTokenType.String) carriesText |= !reader.ValueSpan.IsEmpty;
            else if (isFinish && reader.TokenType == JsonTokenType.String) HasFinished = true;
        }
    }

    private void Usage(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isPrompt = reader.ValueTextEquals("prompt_tokens"u8);
            var isCompletion = reader.ValueTextEquals("completion_tokens"u8);
            var isDetails = reader.ValueTextEquals("prompt_tokens_details"u8);
            var isHops = reader.ValueTextEquals("ttft_hops_ms"u8);
            reader.Read();
            if (isPrompt && reader.TokenType == JsonTokenType.Number) PromptTokens = reader.GetInt32();
            else if (isCompletion && reader.TokenType == JsonTokenType.Number) CompletionTokens = reader.GetInt32();
            else if (isDetails && reader.TokenType == JsonTokenType.StartObject) Details(ref reader);
            else if (isHops && reader.TokenType == JsonTokenType.StartObject) HopsMs = Hops(ref reader);
            else reader.Skip();
        }
    }

    private void Details(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isCached = reader.ValueTextEquals("cached_tokens"u8);
            reader.Read();
            if (isCached && reader.TokenType == JsonTokenType.Number) CachedTokens = reader.GetInt32();
            else reader.Skip();
        }
    }

    private static Dictionary<string, double> Hops(ref Utf8JsonReader reader)
    {
        var hops = new Dictionary<string, double>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Number) hops[name] = reader.GetDouble();
            else reader.Skip();
        }

        return hops;
    }

    private static string ErrorText(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.GetString()!;
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
            ? message.GetString()!
            : root.GetRawText();
    }
}
