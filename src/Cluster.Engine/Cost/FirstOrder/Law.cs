using System.Collections.Immutable;

namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>A number that a law needs.</summary>
/// <param name="Name">Option name, kebab-case.</param>
/// <param name="Symbol">As it stands in the formula.</param>
/// <param name="Unit">Empty for plain counts and ratios.</param>
/// <param name="Default">Used when nothing gives the number; null: it must be given.</param>
public sealed record LawInput(string Name, string Symbol, string Unit, string Meaning, double? Default = null, double Min = 0, double Max = double.MaxValue)
{
    /// <summary>Counts of things that are not divided.</summary>
    public bool Whole { get; init; }

    /// <summary>The number's name among those that catalog entries give; another than its own where a law means a part of it.</summary>
    public string Given { get => field ?? Name; init; }

    /// <summary>What may be put in.</summary>
    public string Range
    {
        get
        {
            var kind = Whole ? "whole numbers, " : "";
            var unit = Unit is "B" or "B/s" or "FLOP/s" ? " " + Unit : "";
            return Max == double.MaxValue ? FormattableString.Invariant($"{kind}{Min:g6}{unit} or more") : FormattableString.Invariant($"{kind}{Min:g6} … {Max:g6}{unit}");
        }
    }

    /// <summary>Whether a number may be put in.</summary>
    public bool Allows(double value) => value >= Min && value <= Max && (!Whole || value == Math.Floor(value));
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
    /// <summary>What is wrong with numbers that are each in their range but cannot go together.</summary>
    public Func<LawNumbers, IEnumerable<string>> Contradictions { get; init; } = _ => [];

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
            else if (!input.Allows(value))
            {
                problems.Add(FormattableString.Invariant($"{input.Name} is {value:g6}; allowed: {input.Range}"));
            }

            numbers[input.Name] = value;
        }

        foreach (var name in given.Keys.Where(n => Inputs.All(i => i.Name != n)))
            problems.Add($"{name} is not a number of this law; those are: {string.Join(", ", Inputs.Select(i => i.Name))}");
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems), nameof(given));
        var values = new LawNumbers(numbers);
        problems.AddRange(Contradictions(values));
        if (problems.Count > 0) throw new ArgumentException(string.Join("; ", problems), nameof(given));
        return (values, Evaluate(values));
    }
}

/// <summary>The numbers put into a law, by name.</summary>
public sealed class LawNumbers(IReadOnlyDictionary<string, double> values)
{
    public double this[string name] => values[name];
}
