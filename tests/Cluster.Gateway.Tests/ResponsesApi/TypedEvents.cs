using System.Text.Json;

namespace Cluster.Gateway.Tests.ResponsesApi;

/// <summary>Reads a stream of typed events, and holds each to what all have in common.</summary>
internal static class TypedEvents
{
    public const string Path = "/v1/responses";

    public static async Task<List<JsonElement>> TypedEventsAsync(this TestGateway gateway, string json)
    {
        using var response = await gateway.PostAsync(Path, json);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        return Parse(text);
    }

    /// <summary>Each has a line with its type, the same in its JSON, and the next number.</summary>
    public static List<JsonElement> Parse(string stream)
    {
        stream.ShouldEndWith("\n\n");
        var events = new List<JsonElement>();
        foreach (var block in stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = block.Split('\n');
            lines.Length.ShouldBe(2, block);
            var data = JsonDocument.Parse(lines[1].ShouldStartWithData()).RootElement;
            lines[0].ShouldBe("event: " + data.GetProperty("type").GetString());
            data.GetProperty("sequence_number").GetInt32().ShouldBe(events.Count);
            events.Add(data);
        }

        return events;
    }

    public static List<string> Types(this IEnumerable<JsonElement> events) => [.. events.Select(e => e.Text("type"))];

    public static List<JsonElement> Of(this IEnumerable<JsonElement> events, string type) => [.. events.Where(e => e.Text("type") == type)];

    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;

    public static int Number(this JsonElement json, string name) => json.GetProperty(name).GetInt32();

    /// <summary>The text of a response that is one message.</summary>
    public static string OutputText(this JsonElement response) => response.GetProperty("output")[0].GetProperty("content")[0].Text("text");
}
