using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using Cluster.Gateway.Tokenization;

namespace Cluster.Gateway.Text;

/// <summary>One token as it is emitted.</summary>
/// <param name="Id">In the vocabulary.</param>
/// <param name="Text">ASCII.</param>
/// <param name="Json">The same, escaped for the inside of a JSON string, UTF-8.</param>
internal sealed record EmittedToken(int Id, string Text, byte[] Json);

/// <summary>
/// The words of the <see cref="Lexicon"/> in one vocabulary. A term is a word or mark; it is one token where the
/// vocabulary has it whole, which all do except the byte-level fallback.
/// </summary>
internal sealed class TextModel
{
    private static readonly ConcurrentDictionary<string, TextModel> s_models = new();

    private TextModel(ITokenizer tokenizer)
    {
        Tokenizer = tokenizer;
        OpeningDeterminers = Terms(tokenizer, Lexicon.Determiners, Capital);
        SpacedOpeningDeterminers = Terms(tokenizer, Lexicon.Determiners, w => " " + Capital(w));
        Determiners = Terms(tokenizer, Lexicon.Determiners, Spaced);
        Adjectives = Terms(tokenizer, Lexicon.Adjectives, Spaced);
        Nouns = Terms(tokenizer, Lexicon.Nouns, Spaced);
        Verbs = Terms(tokenizer, Lexicon.Verbs, Spaced);
        Prepositions = Terms(tokenizer, Lexicon.Prepositions, Spaced);
        Conjunctions = Terms(tokenizer, Lexicon.Conjunctions, Spaced);
        Comma = Terms(tokenizer, [","], w => w)[0];
        FullStop = Terms(tokenizer, ["."], w => w)[0];
        ParagraphEnd = Terms(tokenizer, [".\n\n"], w => w)[0];
    }

    public ITokenizer Tokenizer { get; }

    public EmittedToken[][] OpeningDeterminers { get; }

    public EmittedToken[][] SpacedOpeningDeterminers { get; }

    public EmittedToken[][] Determiners { get; }

    public EmittedToken[][] Adjectives { get; }

    public EmittedToken[][] Nouns { get; }

    public EmittedToken[][] Verbs { get; }

    public EmittedToken[][] Prepositions { get; }

    public EmittedToken[][] Conjunctions { get; }

    public EmittedToken[] Comma { get; }

    public EmittedToken[] FullStop { get; }

    public EmittedToken[] ParagraphEnd { get; }

    public static TextModel For(ITokenizer tokenizer) => s_models.GetOrAdd(tokenizer.Name, _ => new TextModel(tokenizer));

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string Spaced(string word) => " " + word;

    /// <summary>Words that the vocabulary splits are left out, except at byte level, where all are split alike.</summary>
    private static EmittedToken[][] Terms(ITokenizer tokenizer, string[] words, Func<string, string> shape)
    {
        var terms = new List<EmittedToken[]>(words.Length);
        foreach (var word in words)
        {
            var ids = new List<int>();
            tokenizer.Encode(Encoding.UTF8.GetBytes(shape(word)), ids);
            if (ids.Count > 1 && tokenizer.Name != Tokenizers.Bytes) continue;
            terms.Add([.. ids.Select(id => Emitted(tokenizer, id))]);
        }

        return [.. terms];
    }

    private static EmittedToken Emitted(ITokenizer tokenizer, int id)
    {
        var text = Encoding.UTF8.GetString(tokenizer.Decode(id));
        return new EmittedToken(id, text, Encoding.UTF8.GetBytes(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)));
    }
}
