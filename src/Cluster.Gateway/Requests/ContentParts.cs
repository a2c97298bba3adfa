using System.Text.Json;

namespace Cluster.Gateway.Requests;

/// <summary>A part of a message's content.</summary>
/// <param name="Type">As the client calls it.</param>
internal readonly record struct ContentPart(string Type, string Text);

/// <summary>What a message says: a text, or a list of typed parts.</summary>
internal static class ContentParts
{
    /// <summary>The parts, whatever their types; a text is one part.</summary>
    public static List<ContentPart> Read(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType == JsonTokenType.String) return [new ContentPart("text", FieldReader.String(ref reader, field))];
        var parts = new List<ContentPart>();
        FieldReader.Array(ref reader, parts, Part, field);
        return parts;
    }

    /// <summary>Their text, a line each.</summary>
    /// <exception cref="ApiException">A picture, a file or the like is among them.</exception>
    public static string TextOf(List<ContentPart> parts, string field)
    {
        foreach (var part in parts)
        {
            if (part.Type is "text" or "input_text" or "output_text" or "refusal") continue;
            var kind = part.Type.Replace("_url", "", StringComparison.Ordinal).Replace("input_", "", StringComparison.Ordinal);
            throw ApiException.BadRequest($"At most 0 {kind}(s) may be provided in one prompt.", field);
        }

        return parts.Count == 1 ? parts[0].Text : string.Join('\n', parts.Select(p => p.Text));
    }

    private sealed class Draft
    {
        public string Type { get; set; } = "text";

        public string Text { get; set; } = "";
    }

    private static ContentPart Part(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType == JsonTokenType.String) return new ContentPart("text", FieldReader.String(ref reader, field));
        var draft = new Draft();
        FieldReader.Object(ref reader, (draft, field), static (ref Utf8JsonReader r, (Draft Part, string Path) target, string name) =>
        {
            if (name == "type") target.Part.Type = FieldReader.String(ref r, target.Path + ".type");
            else if (name is "text" or "refusal") target.Part.Text = FieldReader.String(ref r, $"{target.Path}.{name}");
            else r.Skip();
        }, field);
        return new ContentPart(draft.Type, draft.Text);
    }
}
