using System.Globalization;

namespace Cluster.Scenarios.Calc;

/// <summary>Numbers of laws as people write and read them: with a unit, or with K, M, B, T for plain counts.</summary>
public static class LawNumberText
{
    private static readonly (string Suffix, double Factor)[] Counts = [("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3), ("k", 1e3)];

    /// <summary>Reads <c>70B</c>, <c>3.35TB/s</c>, <c>80GiB</c>, <c>989TFLOP/s</c>, <c>7us</c> or a plain number in the unit.</summary>
    public static bool TryParse(string text, string unit, out double value)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (UnitText.TryNumber(text, out value)) return true;
        switch (unit)
        {
            case "B": return UnitText.TryBytes(text, out value);
            case "B/s": return UnitText.TryBytesPerSecond(text, out value);
            case "s":
                var ok = UnitText.TryDurationNs(text, out var ns);
                value = ns / 1e9;
                return ok;
            case "FLOP/s" when text.EndsWith("FLOP/s", StringComparison.Ordinal): return TryCount(text[..^6], out value);
            default: return TryCount(text, out value);
        }
    }

    /// <summary>Shows a number in the size that reads best: 3.35 TB/s, 69.5B, 43.2 ms, 8,192 tokens.</summary>
    public static string Show(double value, string unit)
    {
        var (factor, scaled) = unit switch
        {
            "B" or "B/s" or "FLOP" or "FLOP/s" => Scale(value, [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")], unit),
            "s" => Scale(value, [(1, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n")], unit),
            "" => Scale(value, [(1e12, "T"), (1e9, "B"), (1e6, "M")], unit),
            _ => (1, unit),
        };
        return $"{Digits(value / factor)}{(unit.Length == 0 ? "" : " ")}{scaled}";
    }

    private static (double Factor, string Unit) Scale(double value, (double Factor, string Prefix)[] sizes, string unit)
    {
        foreach (var (factor, prefix) in sizes)
        {
            if (Math.Abs(value) >= factor) return (factor, prefix + unit);
        }

        return (1, unit);
    }

    private static string Digits(double value) => value.ToString(
        value == Math.Floor(value) ? "#,0" : Math.Abs(value) switch { >= 1000 => "#,0.#", >= 100 => "0.#", >= 10 => "0.##", >= 0.01 => "0.###", _ => "0.##e+0" },
        CultureInfo.InvariantCulture);

    /// <summary>A number one might write for this unit.</summary>
    public static string Example(string unit) => unit switch
    {
        "B" => "80GiB",
        "B/s" => "3.35TB/s",
        "FLOP/s" => "989TFLOP/s",
        "s" => "7us",
        _ => "70B or 4096",
    };

    private static bool TryCount(string text, out double value)
    {
        foreach (var (suffix, factor) in Counts)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal) || !UnitText.TryNumber(text[..^1], out value)) continue;
            value *= factor;
            return true;
        }

        value = 0;
        return false;
    }
}
