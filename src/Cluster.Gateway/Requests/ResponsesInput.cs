using System.Text.Json;
using Cluster.Gateway.Structured;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Requests;

/// <summary>
/// <c>input</c> of the Responses API as a conversation: a text, or items, several of which may make one turn, since a call of a function is an item
/// beside its message.
/// </summary>
internal static class ResponsesInput
{
    private const string Assistant = "assistant";

    /// <exception cref="ApiException">An item of a kind that is not emulated, or one that lacks a part.</exception>
    public static List<ChatMessage> Read(ref Utf8JsonReader reader, GenerationBody body)
    {
        if (reader.TokenType == JsonTokenType.String) return [new ChatMessage("user", FieldReader.String(ref reader, "input"))];
        if (reader.TokenType != JsonTokenType.StartArray) throw FieldReader.Wrong(ref reader, "input", "a valid string or list");
        var turns = new List<Turn>();
        Item? last = null;
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            last = new Item($"input.{i}");
            FieldReader.Object(ref reader, last, ItemField, last.Path);
            Add(turns, last);
        }

        body.ContinuesLastMessage = last is { Kind: "message", Role: Assistant, Status: "in_progress" or "incomplete" };
        return turns.ConvertAll(t => new ChatMessage(t.Role, t.Content + (t.Calls.Count == 0 ? "" : ToolForm.Quote(t.Calls))));
    }

    private sealed record Turn(string Role)
    {
        /// <summary>Null: nothing said yet, only called.</summary>
        public string? Content { get; set; }

        public List<(string Name, string Arguments)> Calls { get; } = [];
    }

    private sealed record Item(string Path)
    {
        public string? Type { get; set; }

        public string? Role { get; set; }

        public List<ContentPart>? Content { get; set; }

        public List<ContentPart>? Output { get; set; }

        public string? Name { get; set; }

        public string? Arguments { get; set; }

        public string? CallId { get; set; }

        public string? Status { get; set; }

        public bool IsEncrypted { get; set; }

        /// <summary>A message may leave its type out.</summary>
        public string? Kind => Type ?? (Role is null ? null : "message");

        public string Needed(string? value, string name) => value ?? throw ApiException.BadRequest($"{Path}.{name}: Field required", Path);

        public string Needed(List<ContentPart>? parts, string name) => ContentParts.TextOf(parts ?? throw ApiException.BadRequest($"{Path}.{name}: Field required", Path), $"{Path}.{name}");
    }

    private static void ItemField(ref Utf8JsonReader reader, Item item, string field)
    {
        switch (field)
        {
            case "type": item.Type = Text(ref reader, item, field); break;
            case "role": item.Role = Text(ref reader, item, field); break;
            case "status": item.Status = Text(ref reader, item, field); break;
            case "name": item.Name = Text(ref reader, item, field); break;
            case "arguments": item.Arguments = Text(ref reader, item, field); break;
            case "call_id": item.CallId = Text(ref reader, item, field); break;
            case "content": item.Content = ContentParts.Read(ref reader, $"{item.Path}.{field}"); break;
            case "output": item.Output = ContentParts.Read(ref reader, $"{item.Path}.{field}"); break;
            case "encrypted_content": item.IsEncrypted = Text(ref reader, item, field).Length > 0; break;
            default: reader.Skip(); break;
        }
    }

    private static string Text(ref Utf8JsonReader reader, Item item, string field) => FieldReader.String(ref reader, $"{item.Path}.{field}");

    private static void Add(List<Turn> turns, Item item)
    {
        var answer = turns is [.., { Role: Assistant } turn] ? turn : null;
        switch (item.Kind)
        {
            case "message":
                var (role, content) = (item.Needed(item.Role, "role"), item.Needed(item.Content, "content"));
                // What an answer said may come after what it called.
                if (role == Assistant && answer is { Content: null }) answer.Content = content;
                else turns.Add(new Turn(role) { Content = content });
                break;
            case "function_call":
                item.Needed(item.CallId, "call_id");
                if (answer is null) turns.Add(answer = new Turn(Assistant));
                answer.Calls.Add((item.Needed(item.Name, "name"), item.Needed(item.Arguments, "arguments")));
                break;
            case "function_call_output":
                item.Needed(item.CallId, "call_id");
                turns.Add(new Turn("tool") { Content = item.Needed(item.Output, "output") });
                break;
            case "reasoning" when item.IsEncrypted:
                throw ApiException.BadRequest($"{item.Path}.encrypted_content: Encrypted content is not supported; leave the item out, or send its text.", item.Path);
            case "reasoning":
                // Templates leave earlier reasoning out of a prompt, and so it weighs nothing.
                break;
            case "item_reference":
                throw ApiException.BadRequest($"{item.Path}: This server keeps no responses whose items could be referred to; send the item itself.", item.Path);
            case null:
                throw ApiException.BadRequest($"{item.Path}.type: Field required, unless the item is a message with a `role`.", item.Path);
            case var other:
                throw ApiException.BadRequest(
                    $"{item.Path}.type: '{JsonCopy.Shown(other)}' is not emulated; use 'message', 'function_call', 'function_call_output' or 'reasoning'.", item.Path);
        }
    }
}
