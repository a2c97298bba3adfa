using System.Buffers;
using System.Text;

namespace Cluster.ServiceDefaults.Exposition;

/// <summary>UTF-8 text that grows in pooled memory.</summary>
internal sealed class ExpositionBuffer : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(64 * 1024);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public ExpositionBuffer Append(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Reserve(utf8.Length));
        Length += utf8.Length;
        return this;
    }

    public ExpositionBuffer Append(string text)
    {
        Length += Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetMaxByteCount(text.Length)));
        return this;
    }

    public ExpositionBuffer Append(double value)
    {
        Length += CanonicalNumber.Sample(value, Reserve(32));
        return this;
    }

    /// <summary>A label value or, without quotes to escape, a HELP text.</summary>
    public ExpositionBuffer AppendEscaped(string text, bool quotes)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0) return Append(text);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == '\\') Append(@"\\"u8);
            else if (rune.Value == '\n') Append(@"\n"u8);
            else if (rune.Value == '"' && quotes) Append("\\\""u8);
            else Length += rune.EncodeToUtf8(Reserve(4));
        }

        return this;
    }

    /// <summary>Forgets everything after <paramref name="length"/>.</summary>
    public void Truncate(int length) => Length = Math.Min(Length, length);

    public void Dispose()
    {
        var bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length > 0) ArrayPool<byte>.Shared.Return(bytes);
    }

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_bytes.Length * 2, Length + count));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        return _bytes.AsSpan(Length);
    }
}
