using System.Globalization;
using System.Text;

namespace Cluster.Scenarios;

/// <summary>Where in a file (or on the command line) something stands. Lines and columns count from 1; 0 means unknown.</summary>
public readonly record struct SourceLocation(string File, int Line, int Column)
{
    public override string ToString() => Line == 0
        ? File
        : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}");
}

/// <summary>One thing that is wrong with a scenario, said so that the reader can mend it.</summary>
/// <param name="At">File, line and column of the key or value.</param>
/// <param name="Key">Full path of the key, e.g. <c>topology.prefill.tp</c>; empty for the file as a whole.</param>
/// <param name="Message">What is wrong, in one sentence, naming the value.</param>
public sealed record ScenarioError(SourceLocation At, string Key, string Message)
{
    /// <summary>The value as written, where there is one.</summary>
    public string? Value { get; init; }

    /// <summary>What may stand there, e.g. <c>1 … 64</c> or a list of names.</summary>
    public string? Allowed { get; init; }

    /// <summary>The valid choice nearest to the value, or what to do next.</summary>
    public string? Suggestion { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder().Append(At).Append(": ");
        if (Key.Length > 0) text.Append(Key).Append(": ");
        text.Append(Message);
        if (Allowed is not null) text.Append(" Allowed: ").Append(Allowed).Append('.');
        if (Suggestion is not null) text.Append(' ').Append(Suggestion);
        return text.ToString();
    }
}

/// <summary>Thrown where errors cannot be returned; carries all of them.</summary>
public sealed class ScenarioException(IReadOnlyList<ScenarioError> errors, Exception? inner = null)
    : Exception(string.Join(Environment.NewLine, errors), inner)
{
    public IReadOnlyList<ScenarioError> Errors { get; } = errors;
}
