using System.Text.Json;

namespace Cluster.Gateway.Tokenization;

/// <summary>Byte sequences and their ranks (ids), in one blob with an open-addressing index: two arrays of ints, no strings.</summary>
internal sealed class Vocabulary
{
    private readonly byte[] _bytes;
    private readonly int[] _offsets;
    private readonly int[] _index;
    private readonly uint _mask;

    private Vocabulary(byte[] bytes, int[] offsets)
    {
        _bytes = bytes;
        _offsets = offsets;
        _index = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)offsets.Length * 2)];
        _mask = (uint)_index.Length - 1;
        for (var id = 0; id < Count; id++)
        {
            var slot = Hash(this[id]) & _mask;
            while (_index[slot] != 0) slot = (slot + 1) & _mask;
            _index[slot] = id + 1;
        }
    }

    public int Count => _offsets.Length - 1;

    public ReadOnlySpan<byte> this[int id] => _bytes.AsSpan(_offsets[id], _offsets[id + 1] - _offsets[id]);

    /// <summary>Rank of a byte sequence, or <see cref="int.MaxValue"/>.</summary>
    public int Rank(ReadOnlySpan<byte> bytes)
    {
        for (var slot = Hash(bytes) & _mask; _index[slot] != 0; slot = (slot + 1) & _mask)
        {
            var id = _index[slot] - 1;
            if (this[id].SequenceEqual(bytes)) return id;
        }

        return int.MaxValue;
    }

    /// <summary>Reads the <c>bpe_ranks</c> of npm <c>tiktoken</c>: lines of a mark, the first rank, and base64 tokens.</summary>
    /// <exception cref="InvalidDataException">The file is not of that form.</exception>
    public static Vocabulary Load(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var ranks = document.RootElement.GetProperty("bpe_ranks").GetString()
            ?? throw new InvalidDataException($"{path} has no bpe_ranks.");
        var bytes = new byte[ranks.Length];
        var offsets = new List<int>(210_000) { 0 };
        var end = 0;
        foreach (var line in ranks.AsSpan().EnumerateLines())
        {
            var field = 0;
            foreach (var range in line.Split(' '))
            {
                var text = line[range];
                if (field == 1 && int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) != offsets.Count - 1)
                    throw new InvalidDataException($"{path} has a gap in its ranks before {text}.");
                if (field++ < 2) continue;
                if (!Convert.TryFromBase64Chars(text, bytes.AsSpan(end), out var written))
                    throw new InvalidDataException($"{path} holds '{text}', which is not base64.");
                end += written;
                offsets.Add(end);
            }
        }

        return new Vocabulary(bytes[..end], [.. offsets]);
    }

    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = (ulong)bytes.Length * 0x9E3779B97F4A7C15UL;
        while (bytes.Length >= 8)
        {
            hash = (hash ^ System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * 0xD6E8FEB86659FD93UL;
            hash ^= hash >> 32;
            bytes = bytes[8..];
        }

        ulong tail = 0;
        for (var i = 0; i < bytes.Length; i++) tail |= (ulong)bytes[i] << (8 * i);
        hash = (hash ^ tail) * 0xD6E8FEB86659FD93UL;
        return (uint)(hash >> 32);
    }
}
