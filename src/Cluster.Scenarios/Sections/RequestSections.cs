namespace Cluster.Scenarios.Sections;

/// <summary>A trace file.</summary>
/// <param name="File">Full path.</param>
/// <param name="Format">Recognised from the file when not written.</param>
public sealed record TraceSection(string File, Workloads.TraceFormat Format)
{
    /// <summary>Only requests that arrive in [from, to) of the trace; null: all.</summary>
    public (long FromNs, long ToNs)? Window { get; init; }

    /// <summary>Of traces that hold text: characters counted as one token. Default 4, the usual rule of thumb for English.</summary>
    public double CharsPerToken { get; init; } = 4;

    /// <summary>Of traces of conversations: the pause before each further turn; null: only first turns are sent.</summary>
    public PauseSection? Think { get; init; }
}

/// <summary>Drawn requests.</summary>
/// <param name="Input">Length of the whole prompt, shared parts included.</param>
/// <param name="Output">Length of the answer.</param>
public sealed record SyntheticSection(LengthSection Input, LengthSection Output)
{
    /// <summary>What prompts begin with in common; null: nothing.</summary>
    public PrefixSection? Prefix { get; init; }

    /// <summary>Documents that follow the prefix; null: none.</summary>
    public RagSection? Rag { get; init; }

    /// <summary>Answers asked for each prompt, arriving together; default 1.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Tokens of every prompt that other prompts may share.</summary>
    public int SharedTokens => (Prefix?.Tokens ?? 0) + (Rag is { } rag ? rag.Documents * rag.Tokens : 0);
}

/// <summary>
/// Prefixes form a tree: each of its levels offers <paramref name="Branching"/> continuations of the one above, and a
/// prompt follows one path to a leaf. One level is a choice of system prompts, two are few-shot sets under them.
/// </summary>
/// <param name="Tokens">Length of a whole path, spread evenly over the levels.</param>
/// <param name="Depth">Levels; default 1.</param>
/// <param name="Branching">Continuations per level; default 1: all prompts begin alike.</param>
/// <param name="Skew">Zipf exponent of the choice at each level; default 0: uniform.</param>
public sealed record PrefixSection(int Tokens, int Depth = 1, int Branching = 1, double Skew = 0);

/// <summary>Retrieved documents in the prompt.</summary>
/// <param name="Corpus">Documents there are.</param>
/// <param name="Documents">Documents in a prompt, most popular first, none twice.</param>
/// <param name="Tokens">Tokens of a document.</param>
/// <param name="Skew">Zipf exponent of their popularity; default 1.</param>
public sealed record RagSection(int Corpus, int Documents, int Tokens, double Skew = 1);

/// <summary>Conversations, or agent runs: each turn's prompt is all that went before and something new.</summary>
/// <param name="Turns">Turns of a session.</param>
/// <param name="First">New tokens of the first turn: the question, the task.</param>
/// <param name="Input">New tokens of each later turn: a follow-up, a tool's output.</param>
/// <param name="Output">Tokens of each answer.</param>
/// <param name="Pause">From an answer's end to the next turn: a person thinks, a tool runs.</param>
/// <param name="System">What sessions begin with in common; null: nothing.</param>
public sealed record SessionSection(
    LengthSection Turns, LengthSection First, LengthSection Input, LengthSection Output, PauseSection Pause, PrefixSection? System);

/// <summary>A span of time: constant for <paramref name="Cv"/> = 0, else lognormal.</summary>
/// <param name="Cv">Standard deviation ÷ mean.</param>
public sealed record PauseSection(long MeanNs, double Cv = 0);

/// <summary>Shapes of a length distribution.</summary>
public enum LengthShape
{
    Constant,
    Uniform,
    Normal,
    Lognormal,
    Exponential,
}

/// <summary>A distribution of counts, cut to [<paramref name="Min"/>, <paramref name="Max"/>] and rounded.</summary>
/// <param name="Mean">Mean before cutting; ignored by uniform.</param>
/// <param name="Cv">Standard deviation ÷ mean, for normal and lognormal.</param>
public sealed record LengthSection(LengthShape Shape, double Mean, double Cv, int Min, int Max)
{
    /// <summary>Mean before cutting, whatever the shape.</summary>
    public double Nominal => Shape == LengthShape.Uniform ? (Min + (double)Max) / 2 : Mean;
}
