using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Catalogs;

/// <summary>How catalog files are read and written: snake_case, unknown keys refused, formats by their catalog names.</summary>
public static class CatalogJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        ReadCommentHandling = JsonCommentHandling.Disallow,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(CatalogContext.Default, new DefaultJsonTypeInfoResolver()),
        Converters = { new NumberFormatConverter(), new JsonStringEnumConverter<DraftMethod>(JsonNamingPolicy.SnakeCaseLower) },
    };

    private sealed class NumberFormatConverter : JsonConverter<NumberFormat>
    {
        public override NumberFormat Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Parse(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("A number format is a text such as 'fp8'."));

        public override void Write(Utf8JsonWriter writer, NumberFormat value, JsonSerializerOptions options) =>
            writer.WriteStringValue(NumberFormats.Name(value));

        public override NumberFormat ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Parse(reader.GetString()!);

        public override void WriteAsPropertyName(Utf8JsonWriter writer, NumberFormat value, JsonSerializerOptions options) =>
            writer.WritePropertyName(NumberFormats.Name(value));

        private static NumberFormat Parse(string name) => NumberFormats.TryParse(name, out var format)
            ? format
            : throw new JsonException($"'{name}' is no number format; there are: {string.Join(", ", Enum.GetValues<NumberFormat>().Select(NumberFormats.Name))}.");
    }
}

/// <summary>
/// Catalog types, known when compiled: to find them out by reflection is part of every short command. Only such whose properties are
/// all required or null where left out: what an initialiser says is lost on this way.
/// </summary>
[JsonSerializable(typeof(KernelProfile))]
[JsonSerializable(typeof(LinkProfile))]
internal sealed partial class CatalogContext : JsonSerializerContext;
