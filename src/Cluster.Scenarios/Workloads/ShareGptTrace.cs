using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;

namespace Cluster.Scenarios.Workloads;

/// <summary>
/// ShareGPT-style conversations: a JSON array of <c>{ "id", "conversations": [{ "from": "human" | "gpt", "value" }] }</c>.
/// There are no times and no token counts: lengths are characters ÷ a ratio. Turns that repeat a conversation's
/// history share its content. Conversations that do not begin with a question and an answer are skipped, as
/// <c>vllm bench serve</c> does. Read as a stream: one conversation is held at a time.
/// </summary>
internal static class ShareGptTrace
{
    private static readonly JsonSerializerOptions Options = new() { DefaultBufferSize = 1 << 16 };

    public static IEnumerable<TraceRecord> Read(string path, double charsPerToken, bool allTurns)
    {
        using var stream = File.OpenRead(path);
        using var conversations = JsonSerializer.DeserializeAsyncEnumerable<Conversation>(stream, Options).ToBlockingEnumerable().GetEnumerator();
        for (var index = 0; Next(path, conversations, index); index++)
        {
            if (conversations.Current is not { Turns: { Length: >= 2 } turns } conversation) continue;
            var session = Ids.OfText(conversation.Id ?? index.ToString(System.Globalization.CultureInfo.InvariantCulture));
            foreach (var record in Exchanges(turns, session, index, charsPerToken))
            {
                yield return record;
                if (!allTurns) break;
            }
        }
    }

    private static bool Next(string path, IEnumerator<Conversation?> conversations, int index)
    {
        try
        {
            return conversations.MoveNext();
        }
        catch (JsonException e)
        {
            throw new TraceException(new(path, (int)(e.LineNumber ?? 0) + 1, 1), $"Conversation {index + 1} cannot be read: {e.Message}");
        }
    }

    /// <summary>Each question with everything before it, and its answer.</summary>
    private static IEnumerable<TraceRecord> Exchanges(Message[] turns, ulong session, int index, double charsPerToken)
    {
        var history = ImmutableArray.CreateBuilder<ContentSegment>();
        var tokens = 0;
        for (var i = 0; i + 1 < turns.Length && IsUser(turns[i].From) && !IsUser(turns[i + 1].From); i += 2)
        {
            var (question, answer) = (Tokens(turns[i], charsPerToken), Tokens(turns[i + 1], charsPerToken));
            history.Add(new ContentSegment(Hashing.Mix(session, (ulong)i), question));
            history.Add(new ContentSegment(Hashing.Mix(session, (ulong)i + 1), answer));
            tokens += question;
            yield return new TraceRecord(0, tokens, answer, index + 1) { SessionId = session, Content = new TokenContent(history.ToImmutable()) };
            tokens += answer;
        }
    }

    private static bool IsUser(string? from) => from is "human" or "user";

    private static int Tokens(Message message, double charsPerToken) =>
        Math.Max(1, (int)Math.Round((message.Value?.Length ?? 0) / charsPerToken));

    private sealed record Conversation(
        [property: JsonPropertyName("id")] string? Id,
        [property: JsonPropertyName("conversations")] Message[]? Turns);

    private readonly record struct Message(
        [property: JsonPropertyName("from")] string? From,
        [property: JsonPropertyName("value")] string? Value);
}
