using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Cluster.Load.Client;

/// <summary>
/// HTTP/1.1 responses, fed in any portions: head, then a body by chunks, by length or up to the close. Event streams go
/// to the <see cref="SseScanner"/> as they come; other bodies are kept whole.
/// </summary>
internal sealed class HttpResponseParser(ChunkInspector inspector)
{
    private const int MaxHeadBytes = 64 * 1024;
    private const int MaxBodyBytes = 256 * 1024 * 1024;

    private readonly SseScanner _events = new();
    private readonly List<byte> _line = [];
    private readonly List<byte> _body = [];
    private State _state;
    private long _left;
    private int _headBytes;
    private bool _isChunked;

    private enum State
    {
        StatusLine, Header, SizedBody, OpenBody, ChunkSize, ChunkData, ChunkEnd, Trailer, Complete,
    }

    public int Status { get; private set; }

    public string? RequestId { get; private set; }

    public bool IsEventStream { get; private set; }

    public bool KeepsAlive { get; private set; }

    public bool IsComplete => _state == State.Complete;

    /// <summary>True when the body ends where the connection does.</summary>
    public bool EndsWithConnection => _state == State.OpenBody;

    /// <summary>Anything of this response has come.</summary>
    public bool HasBegun => _headBytes > 0;

    public string Body => Encoding.UTF8.GetString([.. _body]);

    public void Reset()
    {
        _events.Reset();
        _line.Clear();
        _body.Clear();
        (_state, _left, _headBytes, _isChunked) = (State.StatusLine, -1, 0, false);
        (Status, RequestId, IsEventStream, KeepsAlive) = (0, null, false, true);
    }

    /// <exception cref="InvalidDataException">Not HTTP/1.1, or beyond all bounds.</exception>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _state != State.Complete)
        {
            switch (_state)
            {
                case State.SizedBody or State.ChunkData:
                    var part = bytes[..(int)Math.Min(bytes.Length, _left)];
                    Deliver(part);
                    _left -= part.Length;
                    bytes = bytes[part.Length..];
                    if (_left == 0) _state = _state == State.SizedBody ? State.Complete : State.ChunkEnd;
                    break;
                case State.OpenBody:
                    Deliver(bytes);
                    return;
                default:
                    var end = bytes.IndexOf((byte)'\n');
                    _line.AddRange(end < 0 ? bytes : bytes[..end]);
                    if (_line.Count > MaxHeadBytes) throw new InvalidDataException("A header line of the response has no end.");
                    if (end < 0) return;
                    bytes = bytes[(end + 1)..];
                    if (_line.Count > 0 && _line[^1] == (byte)'\r') _line.RemoveAt(_line.Count - 1);
                    Line(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_line));
                    _line.Clear();
                    break;
            }
        }
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        switch (_state)
        {
            case State.StatusLine:
                _headBytes += line.Length + 1;
                if (!line.StartsWith("HTTP/1."u8) || line.Length < 12 || !Utf8Parser.TryParse(line.Slice(9, 3), out int status, out _))
                    throw new InvalidDataException("The answer is not HTTP/1.1.");
                Status = status;
                _state = State.Header;
                break;
            case State.Header when line.IsEmpty:
                if (Status is >= 100 and < 200) _state = State.StatusLine;
                else if (_isChunked) _state = State.ChunkSize;
                else _state = _left == 0 || Status is 204 or 304 ? State.Complete : _left > 0 ? State.SizedBody : State.OpenBody;
                if (_state == State.OpenBody) KeepsAlive = false;
                break;
            case State.Header:
                _headBytes += line.Length + 1;
                if (_headBytes > MaxHeadBytes) throw new InvalidDataException("The response's head is too long.");
                Header(Encoding.Latin1.GetString(line));
                break;
            case State.ChunkSize:
                var digits = line.IndexOfAny((byte)';', (byte)' ');
                if (!Utf8Parser.TryParse(digits < 0 ? line : line[..digits], out _left, out _, 'x') || _left < 0)
                    throw new InvalidDataException("A chunk's size is not a hexadecimal number.");
                _state = _left == 0 ? State.Trailer : State.ChunkData;
                break;
            case State.ChunkEnd:
                if (!line.IsEmpty) throw new InvalidDataException("A chunk is longer than it said.");
                _state = State.ChunkSize;
                break;
            case State.Trailer when line.IsEmpty:
                _state = State.Complete;
                break;
        }
    }

    private void Header(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return;
        var name = line.AsSpan(0, colon);
        var value = line.AsSpan(colon + 1).Trim();
        if (Is(name, "content-length"))
        {
            if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _left)) throw new InvalidDataException("Content-Length is no number.");
        }
        else if (Is(name, "transfer-encoding")) _isChunked = value.Contains("chunked", StringComparison.OrdinalIgnoreCase);
        else if (Is(name, "content-type")) IsEventStream = value.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);
        else if (Is(name, "connection")) KeepsAlive = !Is(value, "close");
        else if (Is(name, "x-request-id")) RequestId = value.ToString();

        static bool Is(ReadOnlySpan<char> text, string wanted) => text.Equals(wanted, StringComparison.OrdinalIgnoreCase);
    }

    private void Deliver(ReadOnlySpan<byte> bytes)
    {
        if (IsEventStream)
        {
            _events.Feed(bytes, inspector);
            return;
        }

        if (_body.Count + bytes.Length > MaxBodyBytes) throw new InvalidDataException($"The answer is longer than {MaxBodyBytes} bytes.");
        _body.AddRange(bytes);
    }
}
