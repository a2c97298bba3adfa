using System.Globalization;
using System.Text;

namespace Cluster.Gateway.Tokenization;

/// <summary>
/// Cuts text into the pieces that byte pairs may not cross: the two published patterns as hand-written scanners over
/// UTF-8, because .NET's regular expressions see UTF-16 and take an astral letter for two symbols.
/// </summary>
internal abstract class PieceSplitter
{
    /// <summary>Length in bytes of the piece that starts at <paramref name="at"/>; at least 1.</summary>
    public int Next(ReadOnlySpan<byte> text, int at)
    {
        var length = Word(text, at);
        if (length > 0) return length;
        length = Digits(text, at);
        if (length > 0) return length;
        length = Punctuation(text, at);
        return length > 0 ? length : WhiteSpace(text, at);
    }

    /// <summary>Contractions and words, or 0.</summary>
    protected abstract int Word(ReadOnlySpan<byte> text, int at);

    /// <summary>True for characters that may trail a run of punctuation.</summary>
    protected abstract bool MayTrailPunctuation(byte b);

    [Flags]
    protected internal enum Kind
    {
        Other = 0,
        /// <summary>Upper and title case letters.</summary>
        Upper = 1,
        Lower = 2,
        /// <summary>Letters without case.</summary>
        Caseless = 4,
        Mark = 8,
        Number = 16,
        Space = 32,
        NewLine = 64,
        Letter = Upper | Lower | Caseless,
    }

    /// <summary>Kind and length in bytes of the character at <paramref name="at"/>; <paramref name="length"/> 0 at the end.</summary>
    protected static Kind KindAt(ReadOnlySpan<byte> text, int at, out int length)
    {
        length = 0;
        if (at >= text.Length) return Kind.Other;
        var b = text[at];
        length = 1;
        if (b >= 0x80) return KindOf(text[at..], out length);
        if (char.IsAsciiLetterLower((char)b)) return Kind.Lower;
        if (char.IsAsciiLetterUpper((char)b)) return Kind.Upper;
        if (char.IsAsciiDigit((char)b)) return Kind.Number;
        if (b is (byte)'\r' or (byte)'\n') return Kind.Space | Kind.NewLine;
        return b is (byte)' ' or (>= 9 and <= 13) ? Kind.Space : Kind.Other;
    }

    /// <summary>Length of <c>'s 't 're 've 'm 'll 'd</c> in either case at <paramref name="at"/>, or 0.</summary>
    protected static int Contraction(ReadOnlySpan<byte> text, int at)
    {
        if (at + 1 >= text.Length || text[at] != (byte)'\'') return 0;
        var first = (byte)(text[at + 1] | 0x20);
        if (first is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d') return 2;
        // U+017F, the long s, folds to s.
        if (text[(at + 1)..].StartsWith("\u017F"u8)) return 3;
        if (at + 2 >= text.Length) return 0;
        var second = (byte)(text[at + 2] | 0x20);
        return (first, second) is ((byte)'r', (byte)'e') or ((byte)'v', (byte)'e') or ((byte)'l', (byte)'l') ? 3 : 0;
    }

    /// <summary>End of the run of characters of the given kinds.</summary>
    protected static int RunEnd(ReadOnlySpan<byte> text, int at, Kind kinds)
    {
        while ((KindAt(text, at, out var length) & kinds) != 0) at += length;
        return at;
    }

    private static Kind KindOf(ReadOnlySpan<byte> text, out int length)
    {
        Rune.DecodeFromUtf8(text, out var rune, out length);
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => Kind.Upper,
            UnicodeCategory.LowercaseLetter => Kind.Lower,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Caseless,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => Kind.Mark,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other,
        };
    }

    /// <summary><c>\p{N}{1,3}</c></summary>
    private static int Digits(ReadOnlySpan<byte> text, int at)
    {
        var end = at;
        for (var i = 0; i < 3 && (KindAt(text, end, out var length) & Kind.Number) != 0; i++) end += length;
        return end - at;
    }

    /// <summary><c> ?[^\s\p{L}\p{N}]+</c> and what may trail it.</summary>
    private int Punctuation(ReadOnlySpan<byte> text, int at)
    {
        var start = text[at] == (byte)' ' ? at + 1 : at;
        var end = start;
        while ((KindAt(text, end, out var length) & (Kind.Space | Kind.Letter | Kind.Number)) == 0 && length > 0) end += length;
        if (end == start) return 0;
        while (end < text.Length && MayTrailPunctuation(text[end])) end++;
        return end - at;
    }

    /// <summary><c>\s*[\r\n]+|\s+(?!\S)|\s+</c></summary>
    private static int WhiteSpace(ReadOnlySpan<byte> text, int at)
    {
        var (end, lastNewLine, lastStart) = (at, -1, at);
        for (Kind kind; ((kind = KindAt(text, end, out var length)) & Kind.Space) != 0; end += length)
        {
            lastStart = end;
            if ((kind & Kind.NewLine) != 0) lastNewLine = end;
        }

        if (lastNewLine >= 0) return lastNewLine + 1 - at;
        return end < text.Length && lastStart > at ? lastStart - at : end - at;
    }
}

/// <summary>GPT-4's pattern; also near enough to Llama 3's and Qwen's.</summary>
internal sealed class Cl100kSplitter : PieceSplitter
{
    protected override bool MayTrailPunctuation(byte b) => b is (byte)'\r' or (byte)'\n';

    /// <summary><c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+</c></summary>
    protected override int Word(ReadOnlySpan<byte> text, int at)
    {
        var contraction = Contraction(text, at);
        if (contraction > 0) return contraction;
        var first = KindAt(text, at, out var length);
        var start = (first & (Kind.NewLine | Kind.Letter | Kind.Number)) == 0 ? at + length : at;
        var end = RunEnd(text, start, Kind.Letter);
        return end > start ? end - at : 0;
    }
}

/// <summary>GPT-4o's pattern: words split where the case changes, marks count as letters.</summary>
internal sealed class O200kSplitter : PieceSplitter
{
    private const Kind UpperSide = Kind.Upper | Kind.Caseless | Kind.Mark;
    private const Kind LowerSide = Kind.Lower | Kind.Caseless | Kind.Mark;

    protected override bool MayTrailPunctuation(byte b) => b is (byte)'\r' or (byte)'\n' or (byte)'/';

    protected override int Word(ReadOnlySpan<byte> text, int at)
    {
        var first = KindAt(text, at, out var length);
        var mayPrefix = (first & (Kind.NewLine | Kind.Letter | Kind.Number)) == 0;
        var end = mayPrefix ? UpperThenLower(text, at + length) : -1;
        if (end < 0) end = UpperThenLower(text, at);
        if (end < 0 && mayPrefix) end = UpperOnly(text, at + length);
        if (end < 0) end = UpperOnly(text, at);
        return end < 0 ? 0 : end + Contraction(text, end) - at;
    }

    /// <summary><c>[Lu Lt Lm Lo M]*[Ll Lm Lo M]+</c> with its backtracking: a caseless letter at the end of the first run may serve the second.</summary>
    private static int UpperThenLower(ReadOnlySpan<byte> text, int start)
    {
        var (at, lastCaselessEnd) = (start, -1);
        for (Kind kind; ((kind = KindAt(text, at, out var length)) & UpperSide) != 0; at += length)
        {
            if ((kind & LowerSide) != 0) lastCaselessEnd = at + length;
        }

        var end = RunEnd(text, at, LowerSide);
        return end > at ? end : lastCaselessEnd;
    }

    /// <summary><c>[Lu Lt Lm Lo M]+[Ll Lm Lo M]*</c></summary>
    private static int UpperOnly(ReadOnlySpan<byte> text, int start)
    {
        var upperEnd = RunEnd(text, start, UpperSide);
        return upperEnd > start ? RunEnd(text, upperEnd, LowerSide) : -1;
    }
}
