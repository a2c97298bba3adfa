using System.Text.Json.Nodes;
using Cluster.Report;

namespace Cluster.Browser.Tests;

public sealed class TimelineTests
{
    [Fact]
    public void A_timeline_is_a_Chrome_trace_whose_begins_and_ends_match()
    {
        using var memory = new MemoryStream();
        using (var timeline = new TimelineWriter(memory))
        {
            for (var i = 0; i < 500; i++)
            {
                timeline.Step("2P2D", "decode-0", i * 22_000_123L, 22_000_000, 48, 0, 48, "bandwidth");
                timeline.Transfer("2P2D", "prefill-0", "decode-0", i * 1_000_000L, 9_000_500);
                timeline.Request("2P2D", i, i, i + 9, [("prefill \"queue\"", i, 5), ("decode", i + 5, 4)]);
                timeline.Value("2P2D", "decode-0", "kv_usage", i, 0.5);
            }

            timeline.Mark("aggregated", "agg-0", "crash", 7);
        }

        var events = JsonNode.Parse(memory.ToArray())!["traceEvents"]!.AsArray();
        events.Count(e => (string)e!["ph"]! == "X").ShouldBe(500);
        events.Count(e => (string)e!["ph"]! == "b").ShouldBe(events.Count(e => (string)e!["ph"]! == "e"));
        events.Where(e => (string)e!["name"]! == "thread_name").Select(e => (string)e!["args"]!["name"]!).ShouldBe(["decode-0", "KV out of prefill-0", "requests", "agg-0"]);
        // A request's parts lie within it: what begins first at one moment ends last.
        events.Where(e => (string?)e!["id"] == "2P2D/7").Select(e => $"{e!["ph"]} {e["name"]}").ShouldBe(
            ["b request 7", "b prefill \"queue\"", "e prefill \"queue\"", "b decode", "e decode", "e request 7"]);
        ((double)events.Last(e => (string)e!["ph"]! == "X")!["ts"]!).ShouldBe(499 * 22_000.123, 0.001);
    }

    [Fact]
    public void A_timeline_without_events_is_still_valid()
    {
        using var memory = new MemoryStream();
        new TimelineWriter(memory).Dispose();
        JsonNode.Parse(memory.ToArray())!["traceEvents"]!.AsArray().ShouldBeEmpty();
    }
}
