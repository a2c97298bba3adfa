using System.Buffers;
using System.Text;
using System.Text.Json;
using Cluster.Engine.Units;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Responses;

/// <summary>
/// Log-probabilities in the shapes clients parse. The figures are invented, the same for the same token, and fall from
/// the chosen token to its alternatives.
/// </summary>
internal static class Logprobs
{
    /// <summary>For one token of a stream.</summary>
    public static void WriteChunk(IBufferWriter<byte> writer, PlannedRequest plan, EmittedToken token, int textOffset)
    {
        using var json = new Utf8JsonWriter(writer, JsonBody.Readable);
        if (plan.IsChat) WriteChat(json, plan, [token]);
        else WriteCompletion(json, plan, [token], textOffset, startsText: false);
    }

    /// <summary>For the chunk that echoes a completion's prompt.</summary>
    public static void WritePrompt(IBufferWriter<byte> writer, PlannedRequest plan, PlannedChoice choice)
    {
        using var json = new Utf8JsonWriter(writer, JsonBody.Readable);
        WriteCompletion(json, plan, PromptText.Tokens(plan, choice), 0, startsText: true);
    }

    /// <summary>Chat: <c>{"content":[{token, logprob, bytes, top_logprobs}]}</c>.</summary>
    public static void WriteChat(Utf8JsonWriter json, PlannedRequest plan, IReadOnlyList<EmittedToken> tokens)
    {
        json.WriteStartObject();
        json.WritePropertyName("content");
        WriteTokens(json, plan, tokens);
        json.WriteEndObject();
    }

    /// <summary>A list of <c>{token, logprob, bytes, top_logprobs}</c>, as chats and responses have it.</summary>
    public static void WriteTokens(Utf8JsonWriter json, PlannedRequest plan, IReadOnlyList<EmittedToken> tokens)
    {
        json.WriteStartArray();
        foreach (var token in tokens)
        {
            json.WriteStartObject();
            WriteEntry(json, token, Chosen(token));
            json.WriteStartArray("top_logprobs");
            foreach (var (other, logprob) in Alternatives(plan, token, plan.Body.TopLogprobs))
            {
                json.WriteStartObject();
                WriteEntry(json, other, logprob);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>For one token of a streamed response.</summary>
    public static void WriteChunkTokens(IBufferWriter<byte> writer, PlannedRequest plan, EmittedToken token)
    {
        using var json = new Utf8JsonWriter(writer, JsonBody.Readable);
        WriteTokens(json, plan, [token]);
    }

    /// <summary>Completion: four parallel lists.</summary>
    /// <param name="startsText">The first token begins a prompt: nothing came before it that could make it likely.</param>
    public static void WriteCompletion(Utf8JsonWriter json, PlannedRequest plan, IReadOnlyList<EmittedToken> tokens, int textOffset, bool startsText)
    {
        json.WriteStartObject();
        json.WriteStartArray("text_offset");
        foreach (var token in tokens)
        {
            json.WriteNumberValue(textOffset);
            textOffset += token.Text.Length;
        }

        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        if (startsText) json.WriteNullValue();
        foreach (var token in tokens.Skip(startsText ? 1 : 0)) json.WriteNumberValue(Chosen(token));
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        foreach (var token in tokens) json.WriteStringValue(token.Text);
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        if (startsText) json.WriteNullValue();
        foreach (var token in tokens.Skip(startsText ? 1 : 0))
        {
            json.WriteStartObject();
            foreach (var (other, logprob) in Alternatives(plan, token, plan.Body.Logprobs ?? 0)) json.WriteNumber(other.Text, logprob);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, EmittedToken token, double logprob)
    {
        json.WriteString("token", token.Text);
        json.WriteNumber("logprob", logprob);
        json.WriteStartArray("bytes");
        foreach (var b in Encoding.UTF8.GetBytes(token.Text)) json.WriteNumberValue(b);
        json.WriteEndArray();
    }

    private static double Chosen(EmittedToken token) => -Math.Round(Hashing.Mix(1, (uint)token.Id) % 1000 / 1000.0, 4);

    /// <summary>The token itself first, then others of the lexicon.</summary>
    private static IEnumerable<(EmittedToken Token, double Logprob)> Alternatives(PlannedRequest plan, EmittedToken token, int count)
    {
        var logprob = Chosen(token);
        var nouns = plan.Text.Nouns;
        for (var i = 0; i < count; i++)
        {
            var other = i == 0 ? token : nouns[(int)((Hashing.Mix(2, (uint)token.Id) + (ulong)i) % (ulong)nouns.Length)][0];
            if (i > 0 && other.Text == token.Text) continue;
            yield return (other, Math.Round(logprob - 1.5 * i, 4));
        }
    }
}
