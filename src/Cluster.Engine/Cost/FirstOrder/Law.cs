using System.Collections.Immutable;

namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>A number that a law needs.</summary>
/// <param name="Name">Option name, kebab-case.</param>
/// <param name="Symbol">As it stands in the formula.</param>
/// <param name="Unit">Empty for plain counts and ratios.</param>
/// <param name="Default">Used when nothing gives the number; null: it must be given.</param>
public sealed record LawInput(string Name, string Symbol, string Unit, string Meaning, double? Default = null, double Min = 0, double Max = double.MaxValue)
{
    /// <summary>What may be put in.</summary>
    public string Range => Max == double.MaxValue ? FormattableString.Invariant($"{Min:g6} or more") : FormattableString.Invariant($"{Min:g6} … {Max:g6}");
}

/// <summary>A number that a law gives.</summary>
public sealed record LawOutput(string Name, string Unit, double Value, string Meaning);

/// <summary>A first-order law: what an engineer works out on a napkin, with its formula and where it comes from.</summary>
/// <param name="Name">Command name, kebab-case.</param>
/// <param name="Formula">As a person would write it.</param>
/// <param name="Evaluate">Results in the order they are shown, the main one first.</param>
public sealed record Law(
    string Name,
    string Summary,
    string Formula,
    string Source,
    ImmutableArray<LawInput> Inputs,
    Func<LawNumbers, ImmutableArray<LawOutput>> Evaluate)
{
    /// <summary>Puts numbers in; those absent take their default.</summary>
    /// <exception cref="ArgumentException">Numbers missing or out of range: all of them, by name.</exception>
    public (LawNumbers Numbers, ImmutableArray<LawOutput> Results) Apply(IReadOnlyDictionary<string, double> given)
    {
        ArgumentNullException.ThrowIfNull(given);
        var problems = new List<string>();
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var input in Inputs)
        {
            if (!given.TryGetValue(input.Name, out var value))
            {
                if (input.Default is null) problems.Add($"{input.Name} ({input.Meaning}) is needed");
                value = input.Default ?? input.Min;
            }
            else if (!(value >= input.Min && value <= input.Max))
            {
                problems.Add(FormattableString.Invariant($"{input.Name} is {value:g6}; allowed: {input.Range}"));
            }

            numbers[input.Name] = value;
        }

        foreach (var name in given.Keys.Where(n => Inputs.All(i => i.Name != n)))
            problems.Add($"{name} is not a number of this law; those are: {string.Join(", ", Inputs.Select(i => i.Name))}");
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems), nameof(given));
        var values = new LawNumbers(numbers);
        return (values, Evaluate(values));
    }
}

/// <summary>The numbers put into a law, by name.</summary>
public sealed class LawNumbers(IReadOnlyDictionary<string, double> values)
{
    public double this[string name] => values[name];
}
