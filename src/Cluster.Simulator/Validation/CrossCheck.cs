namespace Cluster.Simulator.Validation;

/// <summary>A published figure that is no measured point of one configuration, held against what the engine says of such a system.</summary>
/// <param name="Name">What was published.</param>
/// <param name="Published">As published.</param>
/// <param name="Predicted">As computed here.</param>
/// <param name="Value">What is judged: predicted ÷ published, or the effect itself where only a direction or a range was published.</param>
/// <param name="Least">Below this, and above <paramref name="Most"/>, the check fails.</param>
/// <param name="Source">Where it was published, and what was assumed where it does not say.</param>
public sealed record CrossCheck(string Name, string Published, string Predicted, double Value, double Least, double Most, string Source)
{
    public bool Holds => Value >= Least && Value <= Most;

    /// <summary>For tables: the error, or the effect beside what is accepted.</summary>
    public string Verdict => Holds ? "holds" : FormattableString.Invariant($"fails: {Value:F2} is not in {Least:F2}…{Most:F2}");
}
