using System.Text;
using System.Text.Encodings.Web;
using Cluster.Engine.Units;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Structured;

/// <summary>Writes one structured answer: its text so far, and the draws that decide what is left open. The same for the same seed.</summary>
internal sealed class Composer(ulong seed)
{
    /// <summary>Nothing optional is written from this depth on.</summary>
    private const int FrugalDepth = 5;

    /// <summary>Nothing optional is written beyond so many characters.</summary>
    private const int FrugalChars = 4_000;

    /// <summary>Schemas that demand more than this are refused.</summary>
    public const int MaxChars = 1 << 16;

    /// <summary>So many repeats and second tries, and no more.</summary>
    private const int MaxTries = 1 << 20;

    private readonly StringBuilder _text = new();
    private ulong _random = seed;
    private int _tries;

    public int Length => _text.Length;

    /// <summary>How deep the value being written lies; containers count.</summary>
    public int Depth { get; set; }

    /// <summary>Leave out what may be left out: the answer is deep or long already.</summary>
    public bool IsFrugal => Depth >= FrugalDepth || _text.Length >= FrugalChars;

    /// <exception cref="SchemaException">The answer grows beyond bounds.</exception>
    public void Append(string text)
    {
        _text.Append(text);
        if (_text.Length > MaxChars) throw new SchemaException($"an answer that satisfies the schema needs more than {MaxChars} characters, the most that is emulated; lower its minLength, minItems or minProperties");
    }

    /// <summary>Counts one repeat or second try.</summary>
    /// <exception cref="SchemaException">There were too many.</exception>
    public void Try()
    {
        if (++_tries > MaxTries) throw new SchemaException("no answer was found in reasonable time: repeats are nested too deeply, or uniqueItems leaves too little");
    }

    /// <summary>A JSON string, quotes and escapes added.</summary>
    public void AppendString(string value)
    {
        Append("\"");
        Append(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value));
        Append("\"");
    }

    /// <summary>What was written from <paramref name="start"/> on.</summary>
    public string Since(int start) => _text.ToString(start, _text.Length - start);

    /// <summary>Takes back what was written from <paramref name="start"/> on.</summary>
    public void TakeBack(int start) => _text.Length = start;

    /// <summary>0 … <paramref name="exclusiveMax"/> − 1.</summary>
    public int Below(int exclusiveMax) => (int)(Hashing.SplitMix(ref _random) % (ulong)exclusiveMax);

    /// <summary>Both ends may come up.</summary>
    public int Between(int min, int max) => min + (int)(Hashing.SplitMix(ref _random) % (ulong)((long)max - min + 1));

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    /// <summary>Words as they stand in running text, of a length between the bounds (in characters, ASCII).</summary>
    public string Words(int minLength, int maxLength)
    {
        var most = Math.Min(maxLength, Math.Max(minLength, 48));
        var target = Between(minLength, most);
        var words = new StringBuilder();
        while (words.Length < target || words.Length == 0)
        {
            if (words.Length > 0) words.Append(' ');
            words.Append(Below(3) == 0 ? Pick(Lexicon.Adjectives) : Pick(Lexicon.Nouns));
            if (words.Length > MaxChars) Append(words.ToString());
        }

        if (words.Length <= maxLength) return words.ToString();
        words.Length = maxLength;
        if (maxLength > 0 && words[^1] == ' ') words[^1] = 's';
        return words.ToString();
    }

    public override string ToString() => _text.ToString();
}
