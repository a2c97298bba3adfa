using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Journal;

/// <summary>
/// Writes down every input of the router, one JSON object a line, so that a live run's decisions can be made again. Written
/// by a task of its own: the router never waits for the disk.
/// </summary>
public sealed class RouterJournal : IAsyncDisposable
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly Channel<JournalEntry> _entries = Channel.CreateUnbounded<JournalEntry>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;

    /// <exception cref="IOException">The file cannot be written.</exception>
    public RouterJournal(string path)
    {
        var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        _writing = WriteAsync(stream);
    }

    public void Record(JournalEntry entry) => _entries.Writer.TryWrite(entry);

    /// <summary>The entries of a journal, in order.</summary>
    /// <exception cref="InvalidDataException">A line is no entry; the message names it.</exception>
    public static IEnumerable<JournalEntry> Read(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            yield return Parse(line) ?? throw new InvalidDataException($"{path}:{number}: this line is no journal entry; record one with 'xpyd run SCENARIO --record FILE'.");
        }
    }

    /// <summary>All that was recorded is in the file afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        _entries.Writer.TryComplete();
        await _writing;
    }

    private static JournalEntry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<JournalEntry>(line, s_json) is { Op: not null } entry ? entry : null;
        }
        catch (JsonException)
        {
            // The caller names file and line.
            return null;
        }
    }

    private async Task WriteAsync(FileStream stream)
    {
        await using var file = new StreamWriter(stream);
        await foreach (var entry in _entries.Reader.ReadAllAsync()) await file.WriteLineAsync(JsonSerializer.Serialize(entry, s_json));
    }
}
