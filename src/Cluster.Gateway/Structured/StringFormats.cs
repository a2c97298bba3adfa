using System.Globalization;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Structured;

/// <summary>Values of the formats that JSON Schema names.</summary>
internal static class StringFormats
{
    /// <returns>Null for a format that is not known.</returns>
    public static string? Sample(string? format, Composer draws) => format switch
    {
        "date-time" => Moment(draws).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        "date" => Moment(draws).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        "time" => Moment(draws).ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        "duration" => $"PT{draws.Between(1, 59)}M",
        "email" or "idn-email" => $"{draws.Pick(Lexicon.Nouns)}@example.com",
        "hostname" or "idn-hostname" => $"{draws.Pick(Lexicon.Nouns)}.example.com",
        "uri" or "iri" => $"https://example.com/{draws.Pick(Lexicon.Nouns)}",
        "uri-reference" or "iri-reference" => $"/{draws.Pick(Lexicon.Nouns)}",
        "json-pointer" => $"/{draws.Pick(Lexicon.Nouns)}",
        "ipv4" => $"192.0.2.{draws.Between(1, 254)}",
        "ipv6" => $"2001:db8::{draws.Between(1, 0xFFFF):x}",
        "uuid" => Uuid(draws),
        "byte" => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(draws.Pick(Lexicon.Nouns))),
        _ => null,
    };

    private static DateTime Moment(Composer draws) => new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(draws.Below(3 * 365 * 86_400));

    private static string Uuid(Composer draws)
    {
        Span<byte> bytes = stackalloc byte[16];
        foreach (ref var b in bytes) b = (byte)draws.Below(256);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
