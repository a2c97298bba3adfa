using System.Globalization;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Yaml;

namespace Cluster.Scenarios.Reading;

/// <summary>Reads requests that are drawn: lengths, and what they share.</summary>
internal static class SyntheticReader
{
    public static SyntheticSection? Read(SectionReader? r)
    {
        if (r is null) return null;
        var input = r.Needed("input", ReadLength(r.Section("input", "Prompt tokens, shared ones included: a number, or a distribution.", shortForm: "mean")), "1024");
        var output = r.Needed("output", ReadLength(r.Section("output", "Output tokens: a number, or a distribution.", shortForm: "mean")), "128");
        var prefix = ReadPrefix(r.Section("prefix", "What prompts begin with in common. Default: nothing."), input);
        var rag = ReadRag(r.Section("rag", "Documents that follow the prefix. Default: none."));
        var samples = r.Int("samples", "Answers asked for each prompt, arriving together. Default 1.", 1, 10_000) ?? 1;
        r.RejectUnknownKeys();
        if (input is null || output is null) return null;
        var synthetic = new SyntheticSection(input, output) { Prefix = prefix, Rag = rag, Samples = samples };
        if (synthetic.SharedTokens >= input.Nominal && !r.Context.Describing)
        {
            r.Error("input", $"Prompts of {input.Nominal:0} tokens leave nothing of their own beside {synthetic.SharedTokens} shared ones.",
                input.Nominal.ToString("0", CultureInfo.InvariantCulture), $"more than {synthetic.SharedTokens}");
        }

        return synthetic;
    }

    /// <summary>A distribution of token counts; a plain number is a constant.</summary>
    public static LengthSection? ReadLength(SectionReader? r, int max = 10_000_000)
    {
        if (r is null) return null;
        var name = r.Choice("distribution", "Default: lognormal where a 'cv' is written, else constant.", [.. Enum.GetNames<LengthShape>().Select(n => n.ToLowerInvariant())]);
        var shape = name is not null ? Enum.Parse<LengthShape>(name, ignoreCase: true) : r.Has("cv") ? LengthShape.Lognormal : LengthShape.Constant;
        var mean = r.Number("mean", "Mean, before cutting to min … max.", 1, max);
        var cv = r.Number("cv", "Standard deviation ÷ mean, for normal and lognormal. Default 0.5.", 0, 100);
        var least = r.Int("min", "Least. Default 1.", 1, max) ?? 1;
        var most = r.Int("max", "Most. Default: no limit.", 1, max);
        if (!r.Context.Describing)
        {
            if (r.Has("cv") && shape is not (LengthShape.Normal or LengthShape.Lognormal))
                r.Error("cv", $"A {shape.ToString().ToLowerInvariant()} distribution has no spread to set; remove it, or use normal or lognormal.");
            if (shape == LengthShape.Uniform && !r.Has("max")) r.Error("max", "A uniform distribution needs 'max'.");
            if (shape == LengthShape.Uniform && mean is not null) r.Error("mean", "A uniform distribution is given by 'min' and 'max'; remove the mean.");
            if (shape != LengthShape.Uniform && !r.Has("mean")) r.Error("mean", "The distribution needs a mean.");
            if (most < least) r.Error("max", $"{most} is less than min = {least}.");
        }

        r.RejectUnknownKeys();
        return new LengthSection(shape, mean ?? 1, cv ?? 0.5, least, most ?? max);
    }

    /// <param name="input">Prompt lengths that a fraction refers to; null: only 'tokens' may be written.</param>
    public static PrefixSection? ReadPrefix(SectionReader? r, LengthSection? input, bool withFraction = true)
    {
        if (r is null) return null;
        var tokens = r.Int("tokens", "Tokens in common, over all levels.", 1, 10_000_000);
        var fraction = withFraction ? r.Number("fraction", "The same as a share of the mean prompt.", 0, 1) : null;
        var prefix = new PrefixSection(
            tokens ?? (int)Math.Round((fraction ?? 0) * (input?.Nominal ?? 0)),
            r.Int("depth", "Levels of the tree of prefixes. Default 1.", 1, 64) ?? 1,
            r.Int("branching", "Continuations at each level. Default 1: all prompts begin alike.", 1, 1_000_000) ?? 1,
            r.Number("skew", "Zipf exponent of the choice at each level. Default 0: uniform.", 0, 10) ?? 0);
        if (!r.Context.Describing)
        {
            if (withFraction && r.Has("tokens") == r.Has("fraction"))
                r.Error("tokens", "The length of the prefix is given in one way.", null, "tokens or fraction");
            else if (!withFraction)
                r.Needed("tokens", tokens, "500");
            if (prefix.Tokens > 0 && prefix.Depth > prefix.Tokens)
                r.Error("depth", $"{prefix.Depth} levels need at least as many tokens; the prefix has {prefix.Tokens}.", null, $"1 … {prefix.Tokens}");
        }

        r.RejectUnknownKeys();
        return prefix.Tokens == 0 ? null : prefix;
    }

    private static RagSection? ReadRag(SectionReader? r)
    {
        if (r is null) return null;
        var corpus = r.Needed("corpus", r.Int("corpus", "Documents there are.", 1, 10_000_000), "10000") ?? 1;
        var rag = new RagSection(
            corpus,
            r.Needed("documents", r.Int("documents", "Documents in a prompt, none twice.", 1, 1000), "4") ?? 1,
            r.Needed("tokens", r.Int("tokens", "Tokens of a document.", 1, 10_000_000), "512") ?? 1,
            r.Number("skew", "Zipf exponent of the documents' popularity. Default 1.", 0, 10) ?? 1);
        if (rag.Documents > rag.Corpus)
            r.Error("documents", $"{rag.Documents} different documents cannot come from a corpus of {rag.Corpus}.", null, $"1 … {rag.Corpus}");
        r.RejectUnknownKeys();
        return rag with { Documents = Math.Min(rag.Documents, rag.Corpus) };
    }
}
