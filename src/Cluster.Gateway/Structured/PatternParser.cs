using System.Globalization;

namespace Cluster.Gateway.Structured;

/// <summary>Reads a regular expression into parts that can be sampled.</summary>
internal sealed class PatternParser(string pattern)
{
    private const char FirstPrintable = ' ';
    private const char LastPrintable = '~';
    private const int MaxNesting = 64;
    private const int MaxRepeat = 10_000;

    private static readonly (char, char)[] s_digits = [('0', '9')];
    private static readonly (char, char)[] s_words = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
    private static readonly (char, char)[] s_spaces = [(' ', ' ')];

    private int _at;
    private int _nesting;

    private bool AtEnd => _at == pattern.Length;

    /// <exception cref="SchemaException">Not an expression, or one with more than can be sampled.</exception>
    public PatternPart Parse()
    {
        var all = Alternatives();
        return AtEnd ? all : throw Wrong("unbalanced parenthesis");
    }

    private PatternPart Alternatives()
    {
        if (++_nesting > MaxNesting) throw Wrong("groups nest too deeply");
        var branches = new List<PatternPart> { Sequence() };
        while (Take('|')) branches.Add(Sequence());
        _nesting--;
        return branches.Count == 1 ? branches[0] : new PatternPart.Either(branches);
    }

    private PatternPart.Sequence Sequence()
    {
        var (parts, isEnded) = (new List<PatternPart>(), false);
        while (!AtEnd && pattern[_at] is not ('|' or ')'))
        {
            if (isEnded) throw Wrong("`$` can only stand at the end");
            if (Take('^'))
            {
                if (parts.Count > 0) throw Wrong("`^` can only stand at the beginning");
            }
            else if (Take('$'))
            {
                isEnded = true;
            }
            else
            {
                parts.Add(Repeated(One()));
            }
        }

        return new PatternPart.Sequence(parts);
    }

    private PatternPart One()
    {
        var c = pattern[_at++];
        switch (c)
        {
            case '(': return Group();
            case '[': return Class();
            case '.': return new PatternPart.OneOf([(FirstPrintable, LastPrintable)]);
            case '\\': return new PatternPart.OneOf(Escape());
            case '*' or '+' or '?': throw Wrong("nothing to repeat");
            default: return new PatternPart.OneOf([(c, c)]);
        }
    }

    private PatternPart Group()
    {
        if (Take('?'))
        {
            var isNamed = Take('P') | Take('<');
            if (isNamed)
            {
                Take('<');
                if (AtEnd || pattern[_at] is '=' or '!') throw Unsupported("lookaround");
                while (!AtEnd && pattern[_at] != '>') _at++;
                if (!Take('>')) throw Wrong("a group's name does not end");
            }
            else if (!Take(':'))
            {
                throw Unsupported("lookaround or flags");
            }
        }

        var inner = Alternatives();
        return Take(')') ? inner : throw Wrong("a parenthesis is not closed");
    }

    private PatternPart Repeated(PatternPart part)
    {
        while (!AtEnd)
        {
            (int Min, int? Max) times;
            if (Take('*')) times = (0, null);
            else if (Take('+')) times = (1, null);
            else if (Take('?')) times = (0, 1);
            else if (pattern[_at] == '{' && Counts() is { } counts) times = counts;
            else break;
            Take('?'); // As few as possible matches the same texts.
            part = new PatternPart.Repeat(part, times.Min, times.Max);
        }

        return part;
    }

    /// <summary><c>{m}</c>, <c>{m,}</c>, <c>{m,n}</c>; null when the brace is a character.</summary>
    private (int Min, int? Max)? Counts()
    {
        var end = pattern.IndexOf('}', _at);
        if (end < 0) return null;
        var parts = pattern[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var min)) return null;
        int? max = parts.Length == 1 ? min : null;
        if (parts.Length == 2 && parts[1].Length > 0)
        {
            if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var given)) return null;
            max = given;
        }

        if (max < min || min > MaxRepeat) throw Wrong(max < min ? "min repeat greater than max repeat" : $"repeats beyond {MaxRepeat}");
        _at = end + 1;
        return (min, max);
    }

    private PatternPart.OneOf Class()
    {
        var isNegated = Take('^');
        var ranges = new List<(char From, char To)>();
        for (var isFirst = true; ; isFirst = false)
        {
            if (AtEnd) throw Wrong("a character class is not closed");
            if (!isFirst && Take(']')) break;
            var from = ClassItem();
            var isRange = from is [var one] && one.From == one.To && _at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] != ']';
            if (!isRange)
            {
                ranges.AddRange(from);
                continue;
            }

            _at++;
            var to = ClassItem();
            if (to.Length != 1 || to[0].From != to[0].To || to[0].To < from[0].From) throw Wrong("bad character range");
            ranges.Add((from[0].From, to[0].To));
        }

        return new PatternPart.OneOf(isNegated ? Others(ranges) : ranges);
    }

    private (char From, char To)[] ClassItem()
    {
        if (AtEnd) throw Wrong("a character class is not closed");
        var c = pattern[_at++];
        return c == '\\' ? Escape(inClass: true) : [(c, c)];
    }

    private (char From, char To)[] Escape(bool inClass = false)
    {
        if (AtEnd) throw Wrong("a backslash at the end");
        var c = pattern[_at++];
        switch (c)
        {
            case 'd': return s_digits;
            case 'w': return s_words;
            case 's': return s_spaces;
            case 'D': return Others(s_digits);
            case 'W': return Others(s_words);
            case 'S': return Others(s_spaces);
            case 'n': return [('\n', '\n')];
            case 't': return [('\t', '\t')];
            case 'r': return [('\r', '\r')];
            case 'x': return Code(2);
            case 'u': return Code(4);
            case 'b' when inClass: return [('\b', '\b')];
            case '-' or '/': return [(c, c)];
        }

        return char.IsAsciiLetterOrDigit(c) ? throw Unsupported($"`\\{c}`") : [(c, c)];
    }

    private (char From, char To)[] Code(int digits)
    {
        if (_at + digits > pattern.Length || !ushort.TryParse(pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            throw Wrong("a character's code needs its digits");
        if (char.IsSurrogate((char)code)) throw Unsupported("half of a surrogate pair");
        _at += digits;
        return [((char)code, (char)code)];
    }

    /// <summary>Printable ASCII that is not in <paramref name="ranges"/>.</summary>
    private (char From, char To)[] Others(IReadOnlyList<(char From, char To)> ranges)
    {
        var others = new List<(char, char)>();
        for (var c = FirstPrintable; c <= LastPrintable; c++)
        {
            if (!ranges.Any(r => r.From <= c && c <= r.To)) others.Add((c, c));
        }

        return others.Count > 0 ? [.. others] : throw Unsupported("a class without any printable ASCII character");
    }

    private bool Take(char c)
    {
        if (AtEnd || pattern[_at] != c) return false;
        _at++;
        return true;
    }

    private SchemaException Wrong(string what) => new($"Invalid regex specification: {what} at position {_at}");

    private SchemaException Unsupported(string what) =>
        new($"Regex uses unsupported feature for structured outputs: {what} at position {_at}. Only basic matching constructs are supported");
}
