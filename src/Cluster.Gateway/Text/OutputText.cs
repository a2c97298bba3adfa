using Cluster.Engine.Units;

namespace Cluster.Gateway.Text;

/// <summary>
/// Endless prose, the same for the same seed, token by token. Its text encodes to exactly the tokens it was made of,
/// from the first up to any point between two of them: pieces never merge, since each word brings its own space.
/// Holds one sentence at a time.
/// </summary>
internal sealed class OutputText : ITokenSource
{
    private const int ParagraphSentences = 6;

    private readonly TextModel _model;
    private readonly bool _startsWithSpace;
    private readonly List<EmittedToken> _sentence = new(24);
    private readonly ulong _seed;
    private ulong _random;
    private ulong _nextSentence;
    private int _at;

    /// <param name="startsWithSpace">True when it continues a text; false at the start of a chat message.</param>
    public OutputText(TextModel model, ulong seed, bool startsWithSpace)
    {
        _model = model;
        _seed = seed;
        _startsWithSpace = startsWithSpace;
    }

    public EmittedToken Next()
    {
        if (_at == _sentence.Count) Compose();
        return _sentence[_at++];
    }

    private void Compose()
    {
        _sentence.Clear();
        _at = 0;
        var opensParagraph = _nextSentence % ParagraphSentences == 0;
        var closesParagraph = _nextSentence % ParagraphSentences == ParagraphSentences - 1;
        var isSpaced = !opensParagraph || (_nextSentence == 0 && _startsWithSpace);
        _random = Hashing.Mix(_seed, _nextSentence++);
        Clause(Pick(isSpaced ? _model.SpacedOpeningDeterminers : _model.OpeningDeterminers));
        if (Chance(3))
        {
            _sentence.AddRange(_model.Comma);
            _sentence.AddRange(Pick(_model.Conjunctions));
            Clause(Pick(_model.Determiners));
        }

        _sentence.AddRange(closesParagraph ? _model.ParagraphEnd : _model.FullStop);
    }

    private void Clause(EmittedToken[] determiner)
    {
        NounPhrase(determiner);
        _sentence.AddRange(Pick(_model.Verbs));
        NounPhrase(Pick(_model.Determiners));
        if (!Chance(2)) return;
        _sentence.AddRange(Pick(_model.Prepositions));
        NounPhrase(Pick(_model.Determiners));
    }

    private void NounPhrase(EmittedToken[] determiner)
    {
        _sentence.AddRange(determiner);
        if (Chance(2)) _sentence.AddRange(Pick(_model.Adjectives));
        _sentence.AddRange(Pick(_model.Nouns));
    }

    /// <summary>True once in <paramref name="oneIn"/>.</summary>
    private bool Chance(int oneIn) => Hashing.SplitMix(ref _random) % (ulong)oneIn == 0;

    private EmittedToken[] Pick(EmittedToken[][] terms) => terms[(int)(Hashing.SplitMix(ref _random) % (ulong)terms.Length)];
}
