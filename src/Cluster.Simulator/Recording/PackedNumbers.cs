namespace Cluster.Simulator.Recording;

/// <summary>Whole numbers in as few bytes as they need: zigzag, then seven bits to a byte, least significant first (LEB128).</summary>
internal sealed class PackedNumbers
{
    private const int LongestBytes = 10;
    private byte[] _bytes = new byte[4096];
    private int _length;

    public void Write(long number)
    {
        if (_length + LongestBytes > _bytes.Length) Array.Resize(ref _bytes, _bytes.Length * 2);
        var left = (ulong)((number << 1) ^ (number >> 63));
        for (; left >= 0x80; left >>= 7) _bytes[_length++] = (byte)(left | 0x80);
        _bytes[_length++] = (byte)left;
    }

    /// <summary>All that was written since the last time.</summary>
    public byte[] Take()
    {
        var taken = _bytes.AsSpan(0, _length).ToArray();
        _length = 0;
        return taken;
    }

    public static long Read(byte[] bytes, ref int at)
    {
        ulong number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[at++];
            number |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return (long)(number >> 1) ^ -(long)(number & 1);
        }
    }
}
