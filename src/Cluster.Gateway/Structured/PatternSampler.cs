using System.Text;

namespace Cluster.Gateway.Structured;

/// <summary>
/// Writes texts that match a regular expression: literals, classes, groups, alternatives, repeats and anchors at either end, which
/// is what engines accept for guided decoding. Repeats without an end stop after a few.
/// </summary>
internal sealed class PatternSampler
{
    private const int MaxPatternChars = 4_096;

    private readonly PatternPart _root;

    private PatternSampler(PatternPart root) => _root = root;

    /// <exception cref="SchemaException">Not an expression, or one with more than can be sampled.</exception>
    public static PatternSampler Parse(string pattern) => pattern.Length <= MaxPatternChars
        ? new PatternSampler(new PatternParser(pattern).Parse())
        : throw new SchemaException($"a pattern may have at most {MaxPatternChars} characters, got {pattern.Length}");

    /// <param name="stretch">An open repeat goes on for up to so many more than it must.</param>
    public string Sample(Composer draws, int stretch = 8)
    {
        var into = new StringBuilder();
        _root.Write(draws, stretch, into);
        return into.ToString();
    }
}

/// <summary>A part of an expression.</summary>
internal abstract record PatternPart
{
    public abstract void Write(Composer draws, int stretch, StringBuilder into);

    /// <summary>One character of these ranges.</summary>
    public sealed record OneOf(IReadOnlyList<(char From, char To)> Ranges) : PatternPart
    {
        public override void Write(Composer draws, int stretch, StringBuilder into)
        {
            var at = draws.Below(Ranges.Sum(r => r.To - r.From + 1));
            foreach (var (from, to) in Ranges)
            {
                if (at <= to - from)
                {
                    into.Append((char)(from + at));
                    return;
                }

                at -= to - from + 1;
            }
        }
    }

    /// <summary>All, one after the other.</summary>
    public sealed record Sequence(IReadOnlyList<PatternPart> Parts) : PatternPart
    {
        public override void Write(Composer draws, int stretch, StringBuilder into)
        {
            foreach (var part in Parts) part.Write(draws, stretch, into);
        }
    }

    /// <summary>Any one.</summary>
    public sealed record Either(IReadOnlyList<PatternPart> Branches) : PatternPart
    {
        public override void Write(Composer draws, int stretch, StringBuilder into) => draws.Pick(Branches).Write(draws, stretch, into);
    }

    /// <param name="Max">Null: no end.</param>
    public sealed record Repeat(PatternPart Part, int Min, int? Max) : PatternPart
    {
        public override void Write(Composer draws, int stretch, StringBuilder into)
        {
            var count = draws.Between(Min, (int)Math.Min(Max ?? int.MaxValue, (long)Min + stretch));
            for (var i = 0; i < count; i++)
            {
                draws.Try();
                Part.Write(draws, stretch, into);
                if (into.Length > Composer.MaxChars) throw new SchemaException($"the pattern needs more than {Composer.MaxChars} characters, the most that is emulated");
            }
        }
    }
}
