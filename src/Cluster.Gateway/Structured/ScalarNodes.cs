using System.Globalization;

namespace Cluster.Gateway.Structured;

/// <summary><c>enum</c> and <c>const</c>: one of these, as JSON text.</summary>
internal sealed class LiteralNode(IReadOnlyList<string> values) : SchemaNode
{
    public override int HeightNow() => values.Count == 0 ? Endless : 0;

    public override void Write(Composer to) => to.Append(to.Pick(values));
}

/// <summary>Numbers on a grid between two bounds.</summary>
/// <param name="step">Values are multiples of it; null: any decimal fraction.</param>
internal sealed class NumberNode(bool isInteger, NumberBound low, NumberBound high, decimal? step) : SchemaNode
{
    private const decimal Span = 100;
    private const decimal FinestStep = 1e-9m;

    public override void Write(Composer to)
    {
        var grid = step ?? (isInteger ? 1 : 0.1m);
        var (first, last) = Range(grid);
        while (first > last && step is null && !isInteger && grid > FinestStep) (first, last) = Range(grid /= 10);
        if (first > last) throw new SchemaException($"no {(isInteger ? "integer" : "number")} lies between minimum and maximum");
        var value = (first + to.Between(0, (int)Math.Min(last - first, int.MaxValue - 1))) * grid;
        to.Append(isInteger ? decimal.Truncate(value).ToString("0", CultureInfo.InvariantCulture) : value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>First and last multiple of <paramref name="grid"/> within the bounds; open sides are a window away from the other.</summary>
    private (decimal First, decimal Last) Range(decimal grid)
    {
        var window = Span * Math.Max(grid, 1);
        var from = low.Value ?? (high.Value is { } top ? Math.Min(0, top - window) : 0);
        var to = high.Value ?? Math.Max(0, from) + window;
        var (first, last) = (Math.Ceiling(from / grid), Math.Floor(to / grid));
        if (low.IsExclusive && first * grid <= low.Value) first++;
        if (high.IsExclusive && last * grid >= high.Value) last--;
        return (first, last);
    }
}

/// <summary>One end of a range; <paramref name="Value"/> null: open.</summary>
internal readonly record struct NumberBound(decimal? Value, bool IsExclusive);

internal sealed class BooleanNode : SchemaNode
{
    public override void Write(Composer to) => to.Append(to.Below(2) == 0 ? "true" : "false");
}

internal sealed class NullNode : SchemaNode
{
    public override void Write(Composer to) => to.Append("null");
}

/// <summary>Text of a length in characters.</summary>
/// <param name="pattern">Null: words.</param>
/// <param name="format">As in the schema; one that is not known says nothing.</param>
internal sealed class StringNode(int minLength, int? maxLength, PatternSampler? pattern, string? format) : SchemaNode
{
    private const int Attempts = 200;

    public override void Write(Composer to) => to.AppendString(Value(to));

    private string Value(Composer to)
    {
        if (pattern is null && StringFormats.Sample(format, to) is { } formatted && Fits(formatted)) return formatted;
        if (pattern is null) return to.Words(minLength, maxLength ?? int.MaxValue);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // Shorter ones are rarer; repeats stretch as long as what came was too short.
            var value = pattern.Sample(to, Math.Max(4, minLength));
            if (Fits(value)) return value;
        }

        throw new SchemaException($"no text was found that matches `pattern` and has {minLength} to {maxLength?.ToString(CultureInfo.InvariantCulture) ?? "any number of"} characters");
    }

    private bool Fits(string value) => value.Length >= minLength && value.Length <= (maxLength ?? int.MaxValue);
}

/// <summary>Anything at all: mostly scalars.</summary>
internal sealed class AnyNode : SchemaNode
{
    private static readonly SchemaNode[] s_scalars =
        [new StringNode(1, null, null, null), new StringNode(1, null, null, null), new NumberNode(true, default, default, null), new NumberNode(false, default, default, null), new BooleanNode()];

    private SchemaNode[]? _containers;

    public override void Write(Composer to)
    {
        _containers ??= [new ArrayNode([], this, 1, 3, false), ObjectNode.Free(this, 1, 3)];
        var isContainer = !to.IsFrugal && to.Depth < 2 && to.Below(6) == 0;
        to.Pick(isContainer ? _containers : s_scalars).Write(to);
    }
}
