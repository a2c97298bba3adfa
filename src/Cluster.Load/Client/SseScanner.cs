namespace Cluster.Load.Client;

/// <summary>
/// Cuts a stream of bytes into lines and hands on the payload of <c>data:</c> lines. Bytes may come in any portions;
/// only a line that straddles two of them is copied.
/// </summary>
internal sealed class SseScanner
{
    private byte[] _carry = [];
    private int _carried;

    /// <summary>Longest line accepted.</summary>
    public const int MaxLineBytes = 8 * 1024 * 1024;

    /// <exception cref="InvalidDataException">A line beyond <see cref="MaxLineBytes"/>.</exception>
    public void Feed(ReadOnlySpan<byte> bytes, ChunkInspector inspector)
    {
        while (true)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0) break;
            if (_carried == 0)
            {
                Line(bytes[..end], inspector);
            }
            else
            {
                Keep(bytes[..end]);
                Line(_carry.AsSpan(0, _carried), inspector);
                _carried = 0;
            }

            bytes = bytes[(end + 1)..];
        }

        if (!bytes.IsEmpty) Keep(bytes);
    }

    public void Reset() => _carried = 0;

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_carried + bytes.Length > MaxLineBytes) throw new InvalidDataException($"A line of the event stream is longer than {MaxLineBytes} bytes.");
        if (_carried + bytes.Length > _carry.Length) Array.Resize(ref _carry, Math.Max(512, (_carried + bytes.Length) * 2));
        bytes.CopyTo(_carry.AsSpan(_carried));
        _carried += bytes.Length;
    }

    private static void Line(ReadOnlySpan<byte> line, ChunkInspector inspector)
    {
        if (line.Length > 0 && line[^1] == (byte)'\r') line = line[..^1];
        if (!line.StartsWith("data:"u8)) return;
        line = line[5..];
        if (line.Length > 0 && line[0] == (byte)' ') line = line[1..];
        if (!line.IsEmpty) inspector.Event(line);
    }
}
