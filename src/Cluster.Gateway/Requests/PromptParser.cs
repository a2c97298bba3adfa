using System.Text.Json;

namespace Cluster.Gateway.Requests;

/// <summary>The four shapes of <c>prompt</c>: a string, strings, token ids, or lists of token ids.</summary>
internal static class PromptParser
{
    private const string Field = "prompt";

    public static List<PromptInput> Parse(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String) return [new PromptInput(FieldReader.Utf8(ref reader, Field), null)];
        if (reader.TokenType != JsonTokenType.StartArray) throw WrongShape();
        var prompts = new List<PromptInput>();
        List<int>? tokens = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number && prompts.Count == 0) (tokens ??= []).Add(FieldReader.Int(ref reader, Field));
            else if (tokens is not null) throw WrongShape();
            else prompts.Add(Item(ref reader));
        }

        if (tokens is not null) prompts.Add(new PromptInput(null, [.. tokens]));
        if (prompts.Any(p => p.Tokens is null) && prompts.Any(p => p.Utf8 is null)) throw WrongShape();
        return prompts;
    }

    private static PromptInput Item(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String) return new PromptInput(FieldReader.Utf8(ref reader, Field), null);
        if (reader.TokenType != JsonTokenType.StartArray) throw WrongShape();
        var tokens = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) tokens.Add(FieldReader.Int(ref reader, Field));
        return new PromptInput(null, [.. tokens]);
    }

    private static ApiException WrongShape() =>
        ApiException.BadRequest("prompt must be a string, array of strings, array of tokens, or array of token arrays", Field);
}
