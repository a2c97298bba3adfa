namespace Cluster.Engine.Policies;

/// <summary>A number a policy can be tuned by: validated, documented and shown from this one description.</summary>
public sealed record Dial(string Name, double Default, double Min, double Max, string Meaning);

/// <summary>One policy: its name, what it does, its dials and how to make it.</summary>
/// <param name="Create">Given the values of the dials (all of them, defaults filled in).</param>
public sealed record Policy<T>(string Name, string Summary, IReadOnlyList<Dial> Dials, Func<DialValues, T> Create);

/// <summary>Values for the dials of one policy.</summary>
public sealed class DialValues
{
    private readonly Dictionary<string, double> _values;

    /// <exception cref="ArgumentException">A value for a dial the policy lacks, or out of range.</exception>
    public DialValues(IReadOnlyList<Dial> dials, IReadOnlyDictionary<string, double> values)
    {
        ArgumentNullException.ThrowIfNull(dials);
        ArgumentNullException.ThrowIfNull(values);
        _values = dials.ToDictionary(d => d.Name, d => d.Default, StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            var dial = dials.FirstOrDefault(d => d.Name == name)
                ?? throw new ArgumentException($"No dial '{name}'; there are: {string.Join(", ", dials.Select(d => d.Name))}.{NearestName.After(name, dials.Select(d => d.Name))}", nameof(values));
            if (!(value >= dial.Min && value <= dial.Max))
                throw new ArgumentException($"Dial '{name}' = {value} is outside {dial.Min}…{dial.Max}.", nameof(values));
            _values[name] = value;
        }
    }

    public double this[string name] => _values[name];
}

/// <summary>The policies of one kind, by name. Validation, <c>--help</c> and the documents read this.</summary>
public sealed class PolicyRegistry<T>
{
    private readonly SortedDictionary<string, Policy<T>> _policies = new(StringComparer.Ordinal);

    public PolicyRegistry(params ReadOnlySpan<Policy<T>> policies)
    {
        foreach (var policy in policies) _policies.Add(policy.Name, policy);
    }

    public IReadOnlyCollection<Policy<T>> All => _policies.Values;

    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Policy<T>? policy) => _policies.TryGetValue(name, out policy);

    /// <exception cref="ArgumentException">No such policy, or a dial out of range.</exception>
    public T Create(string name, IReadOnlyDictionary<string, double> dials)
    {
        if (!_policies.TryGetValue(name, out var policy))
            throw new ArgumentException($"No policy '{name}'; there are: {string.Join(", ", _policies.Keys)}.{NearestName.After(name, _policies.Keys)}", nameof(name));
        return policy.Create(new DialValues(policy.Dials, dials));
    }
}
