using System.Text.Json;

namespace Cluster.Gateway.Requests;

/// <summary>Told of a field; the reader stands on its value.</summary>
internal delegate void OnField<T>(ref Utf8JsonReader reader, T target, string field);

/// <summary>Reads one item of a list.</summary>
internal delegate T ReadItem<T>(ref Utf8JsonReader reader, string field);

/// <summary>Reads one JSON value of an expected type, or says in pydantic's words what was wrong with it.</summary>
internal static class FieldReader
{
    /// <summary>Calls <paramref name="onField"/> with the reader on each field's value; null values are left out, as pydantic's optional fields do.</summary>
    public static void Object<T>(ref Utf8JsonReader reader, T target, OnField<T> onField, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Wrong(ref reader, name, "a valid dictionary");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field;
            try
            {
                field = reader.GetString()!;
            }
            catch (InvalidOperationException)
            {
                throw ApiException.BadRequest("A field's name is not valid Unicode text.");
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.Null) onField(ref reader, target, field);
        }
    }

    public static void Array<T>(ref Utf8JsonReader reader, List<T> into, ReadItem<T> read, string field)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Wrong(ref reader, field, "a valid list");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) into.Add(read(ref reader, field));
    }

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

    /// <summary>One of the given words.</summary>
    public static string Word(string given, string field, params ReadOnlySpan<string> known)
    {
        if (known.Contains(given)) return given;
        var shown = given.Length <= 64 ? given : given[..64] + "…";
        throw ApiException.BadRequest($"{field}: Input should be {Listed(known)}, got '{shown}'.", field);
    }

    public static ApiException BrokenText(string field) =>
        ApiException.BadRequest($"{field}: Input should be valid Unicode text; it holds half of a surrogate pair or broken UTF-8.", field);

    private static string Listed(ReadOnlySpan<string> words) =>
        words.Length == 1 ? $"'{words[0]}'" : $"'{string.Join("', '", words[..^1].ToArray())}' or '{words[^1]}'";

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
