using System.Buffers.Text;
using System.Globalization;

namespace Cluster.ServiceDefaults.Exposition;

/// <summary>
/// Bucket bounds as the Prometheus clients write them ("1.0", "0.25", "1e+06"): the text is part of a series' identity,
/// so another spelling would be another series. Samples need no canonical form.
/// </summary>
internal static class CanonicalNumber
{
    /// <summary>The value of an <c>le</c> label.</summary>
    public static string Bound(double value)
    {
        if (double.IsPositiveInfinity(value)) return "+Inf";
        if (double.IsNegativeInfinity(value)) return "-Inf";
        if (double.IsNaN(value)) return "NaN";
        if (value == 0) return "0.0";
        var exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        if (exponent is >= -4 and < 6) return PlainWithPoint(value);
        var digits = value.ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision <= 16; precision++)
        {
            var shorter = value.ToString("E" + precision, CultureInfo.InvariantCulture);
            if (double.Parse(shorter, CultureInfo.InvariantCulture).Equals(value))
            {
                digits = shorter;
                break;
            }
        }

        var e = digits.IndexOf('E', StringComparison.Ordinal);
        var power = int.Parse(digits.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return $"{digits[..e]}e{(power < 0 ? '-' : '+')}{Math.Abs(power):00}";
    }

    /// <summary>Bytes of a sample's value; <paramref name="to"/> holds at least 32.</summary>
    public static int Sample(double value, Span<byte> to)
    {
        if (double.IsNaN(value)) return Copy("NaN"u8, to);
        if (double.IsInfinity(value)) return Copy(value > 0 ? "+Inf"u8 : "-Inf"u8, to);
        if (value == Math.Truncate(value) && Math.Abs(value) < 1e15)
            return Utf8Formatter.TryFormat((long)value, to, out var integral) ? integral : throw new ArgumentException("Too short.", nameof(to));
        return value.TryFormat(to, out var written, default, CultureInfo.InvariantCulture) ? written : throw new ArgumentException("Too short.", nameof(to));
    }

    private static string PlainWithPoint(double value)
    {
        var text = ((decimal)value).ToString(CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> to)
    {
        text.CopyTo(to);
        return text.Length;
    }
}
