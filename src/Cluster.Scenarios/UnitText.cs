using System.Globalization;

namespace Cluster.Scenarios;

/// <summary>
/// Reads quantities as people write them: a number and its unit, <c>500ms</c>, <c>4/s</c>, <c>80GiB</c>, <c>400Gbps</c>.
/// Decimal prefixes are powers of 1000, binary ones (Ki, Mi, …) powers of 1024; a bit is an eighth of a byte.
/// </summary>
public static class UnitText
{
    private static readonly (string Unit, double Factor)[] Durations =
    [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("min", 60e9), ("m", 60e9), ("h", 3600e9), ("d", 86400e9),
    ];

    private static readonly (string Unit, double Factor)[] Rates = [("/s", 1), ("rps", 1), ("/min", 1.0 / 60), ("/h", 1.0 / 3600)];

    private static readonly (string Unit, double Factor)[] Sizes =
    [
        ("B", 1), ("KB", 1e3), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15),
        ("KiB", 1024), ("MiB", 1048576), ("GiB", 1073741824), ("TiB", 1099511627776),
    ];

    private static readonly (string Unit, double Factor)[] Bandwidths =
    [
        ("B/s", 1), ("KB/s", 1e3), ("MB/s", 1e6), ("GB/s", 1e9), ("TB/s", 1e12), ("GiB/s", 1073741824),
        ("Mbps", 1e6 / 8), ("Gbps", 1e9 / 8), ("Tbps", 1e12 / 8), ("Mb/s", 1e6 / 8), ("Gb/s", 1e9 / 8),
    ];

    /// <summary>A span of time in nanoseconds, e.g. <c>500ms</c>, <c>2min</c>.</summary>
    public static bool TryDurationNs(string text, out long ns)
    {
        var ok = TryRead(text, Durations, out var value) && Math.Abs(value) < 9e18;
        ns = ok ? (long)Math.Round(value) : 0;
        return ok;
    }

    /// <summary>Events per second, e.g. <c>4/s</c>, <c>90/min</c>.</summary>
    public static bool TryPerSecond(string text, out double perSecond) => TryRead(text, Rates, out perSecond);

    /// <summary>Bytes, e.g. <c>80GiB</c>.</summary>
    public static bool TryBytes(string text, out double bytes) => TryRead(text, Sizes, out bytes);

    /// <summary>Bytes per second, e.g. <c>400Gbps</c> or <c>3.35TB/s</c>.</summary>
    public static bool TryBytesPerSecond(string text, out double bytesPerSecond) => TryRead(text, Bandwidths, out bytesPerSecond);

    /// <summary>A plain number; <c>12_000</c> and <c>1e6</c> are fine, infinities are not.</summary>
    public static bool TryNumber(string text, out double value)
    {
        ArgumentNullException.ThrowIfNull(text);
        return double.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }

    /// <summary>Shows nanoseconds in the unit that reads best.</summary>
    public static string Duration(long ns) => ns switch
    {
        >= 1_000_000_000 or <= -1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e9:0.###}s"),
        >= 1_000_000 or <= -1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e6:0.###}ms"),
        >= 1_000 or <= -1_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e3:0.###}us"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ns}ns"),
    };

    private static bool TryRead(string text, (string Unit, double Factor)[] units, out double value)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        foreach (var (unit, factor) in units.OrderByDescending(u => u.Unit.Length))
        {
            if (!trimmed.EndsWith(unit, StringComparison.Ordinal)) continue;
            if (!TryNumber(trimmed[..^unit.Length].TrimEnd(), out value)) continue;
            value *= factor;
            return true;
        }

        value = 0;
        return false;
    }
}
