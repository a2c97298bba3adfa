using System.Collections.Concurrent;

namespace Cluster.Gateway.Tokenization;

/// <summary>Byte-pair encoding with a published vocabulary.</summary>
internal sealed class BpeTokenizer(string name, Vocabulary vocabulary, PieceSplitter splitter, int publishedSize) : ITokenizer
{
    public string Name => name;

    public int FirstSpecialToken => publishedSize;

    public int VocabularySize => publishedSize + SpecialTokens.Count;

    public void Encode(ReadOnlySpan<byte> utf8, List<int> into)
    {
        for (var at = 0; at < utf8.Length;)
        {
            var length = splitter.Next(utf8, at);
            BytePairMerge.Encode(vocabulary, utf8.Slice(at, length), into);
            at += length;
        }
    }

    public ReadOnlySpan<byte> Decode(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, VocabularySize);
        return token < vocabulary.Count ? vocabulary[token] : [];
    }
}

/// <summary>One token per UTF-8 byte: what is left when no vocabulary could be obtained at build time.</summary>
internal sealed class ByteTokenizer : ITokenizer
{
    private static readonly byte[] s_all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    public string Name => Tokenizers.Bytes;

    public int FirstSpecialToken => 256;

    public int VocabularySize => 256 + SpecialTokens.Count;

    public void Encode(ReadOnlySpan<byte> utf8, List<int> into)
    {
        into.EnsureCapacity(into.Count + utf8.Length);
        foreach (var b in utf8) into.Add(b);
    }

    public ReadOnlySpan<byte> Decode(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, VocabularySize);
        return token < 256 ? s_all.AsSpan(token, 1) : [];
    }
}

/// <summary>Tokenisers by name, loaded on first use from the vocabularies beside the program.</summary>
public static class Tokenizers
{
    public const string Cl100k = "cl100k";
    public const string O200k = "o200k";
    public const string Bytes = "bytes";

    private static readonly ConcurrentDictionary<string, Lazy<ITokenizer>> s_loaded = new();

    /// <summary>Folder of <c>cl100k_base.json</c> and <c>o200k_base.json</c>, put there by the build.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "vocabularies");

    /// <summary>True when the build could obtain the vocabulary; otherwise <see cref="Get"/> falls back to bytes.</summary>
    public static bool IsAvailable(string name) => name == Bytes || File.Exists(PathOf(name));

    /// <summary>The tokeniser of that name, or the byte-level one where its vocabulary is absent (its <c>Name</c> tells).</summary>
    /// <exception cref="ArgumentException">No such name.</exception>
    public static ITokenizer Get(string name)
    {
        if (name is not (Cl100k or O200k or Bytes))
            throw new ArgumentException($"encoding: '{name}' is not known; choose {Cl100k}, {O200k} or {Bytes}.", nameof(name));
        return s_loaded.GetOrAdd(name, static key => new Lazy<ITokenizer>(() => Load(key))).Value;
    }

    /// <summary>The encoding nearest to a model family's own: GPT-4o and gpt-oss share o200k; Llama 3, Qwen and others grew from cl100k.</summary>
    public static string NearestEncoding(string modelName)
    {
        ArgumentNullException.ThrowIfNull(modelName);
        string[] o200k = ["gpt-oss", "gpt-4o", "gpt-4.1", "gpt-5", "o1", "o3", "o4"];
        return o200k.Any(family => modelName.Contains(family, StringComparison.OrdinalIgnoreCase)) ? O200k : Cl100k;
    }

    private static string PathOf(string name) => Path.Combine(Folder, name + "_base.json");

    // Sizes include the published special tokens, which leave gaps after the ranks.
    private static ITokenizer Load(string name) => (name, IsAvailable(name)) switch
    {
        (Cl100k, true) => new BpeTokenizer(name, Vocabulary.Load(PathOf(name)), new Cl100kSplitter(), 100_277),
        (O200k, true) => new BpeTokenizer(name, Vocabulary.Load(PathOf(name)), new O200kSplitter(), 200_019),
        _ => new ByteTokenizer(),
    };
}
