using System.Buffers;
using System.Text.Json;
using Cluster.Gateway.Responses;

namespace Cluster.Gateway.Requests;

/// <summary>Values of a body that are read, and passed on, as JSON.</summary>
internal static class JsonCopy
{
    /// <summary>UTF-8 on one line, fit for an event.</summary>
    /// <exception cref="ApiException">A text in it is no Unicode; once this has passed, all of its texts can be read.</exception>
    public static byte[] Compact(JsonElement value, string field) => Written(field, value.WriteTo);

    /// <summary>A value made of others.</summary>
    /// <inheritdoc cref="Compact"/>
    public static JsonElement Made(string field, Action<Utf8JsonWriter> write)
    {
        var reader = new Utf8JsonReader(Written(field, write));
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>A text among an object's fields; null: absent, or null.</summary>
    /// <param name="path">Of the object.</param>
    /// <exception cref="ApiException">It is something else.</exception>
    public static string? Text(JsonElement from, string name, string path)
    {
        if (!from.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw ApiException.BadRequest($"{path}.{name}: Input should be a valid string", path);
    }

    /// <inheritdoc cref="Text"/>
    /// <exception cref="ApiException">It is absent, or something else.</exception>
    public static string Required(JsonElement from, string name, string path) =>
        Text(from, name, path) ?? throw ApiException.BadRequest($"{path}.{name}: Field required", path);

    /// <summary>A client's own word, as far as an error should repeat it.</summary>
    public static string Shown(string given) => given.Length <= 64 ? given : given[..64] + "…";

    private static byte[] Written(string field, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        try
        {
            using var json = new Utf8JsonWriter(buffer, JsonBody.Readable);
            write(json);
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException)
        {
            // How System.Text.Json says, late, that a text has half of a surrogate pair or broken UTF-8.
            throw FieldReader.BrokenText(field);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
