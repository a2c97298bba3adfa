using System.Text.Json;

namespace Cluster.Gateway.Requests;

/// <summary>Reads one JSON value of an expected type, or says in pydantic's words what was wrong with it.</summary>
internal static class FieldReader
{
    public static string String(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.String) throw Wrong(ref reader, field, "a valid string");
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw BrokenText(field);
        }
    }

    public static byte[] Utf8(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.String) throw Wrong(ref reader, field, "a valid string");
        var length = reader.HasValueSequence ? (int)reader.ValueSequence.Length : reader.ValueSpan.Length;
        var bytes = new byte[length];
        try
        {
            var written = reader.CopyString(bytes);
            return written == length ? bytes : bytes[..written];
        }
        catch (InvalidOperationException)
        {
            throw BrokenText(field);
        }
    }

    public static bool Bool(ref Utf8JsonReader reader, string field) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => throw Wrong(ref reader, field, "a valid boolean"),
    };

    public static int Int(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.Number) throw Wrong(ref reader, field, "a valid integer");
        if (reader.TryGetInt32(out var value)) return value;
        if (reader.TryGetDouble(out var real) && Math.Floor(real) == real && Math.Abs(real) <= int.MaxValue) return (int)real;
        throw Wrong(ref reader, field, $"a valid integer between {int.MinValue} and {int.MaxValue}");
    }

    public static long Long(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.Number) throw Wrong(ref reader, field, "a valid integer");
        if (reader.TryGetInt64(out var value)) return value;
        throw Wrong(ref reader, field, "a valid integer of 64 bits");
    }

    public static double Double(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType != JsonTokenType.Number) throw Wrong(ref reader, field, "a valid number");
        if (reader.TryGetDouble(out var value) && double.IsFinite(value)) return value;
        throw Wrong(ref reader, field, "a finite number");
    }

    public static ApiException Wrong(ref Utf8JsonReader reader, string field, string expected) =>
        ApiException.BadRequest($"{field}: Input should be {expected}, got {Describe(ref reader)}.", field);

    private static ApiException BrokenText(string field) =>
        ApiException.BadRequest($"{field}: Input should be valid Unicode text; it holds half of a surrogate pair or broken UTF-8.", field);

    private static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => "null",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => $"the number {Excerpt(ref reader)}",
        JsonTokenType.StartArray => "an array",
        _ => "an object",
    };

    private static string Excerpt(ref Utf8JsonReader reader)
    {
        var text = System.Text.Encoding.ASCII.GetString(
            reader.HasValueSequence ? System.Buffers.BuffersExtensions.ToArray(reader.ValueSequence) : reader.ValueSpan);
        return text.Length <= 32 ? text : text[..32] + "…";
    }
}
