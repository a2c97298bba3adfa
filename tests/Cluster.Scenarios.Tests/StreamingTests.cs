using System.Globalization;
using System.Text;
using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Tests;

/// <summary>
/// Ten million requests must not sit in memory: whatever a workload is made of, requests that were passed on are let go. Other tests
/// share the heap, so what is asked is whether these very requests are still there, not how much is.
/// </summary>
public sealed class StreamingTests : TraceFixture
{
    private const int Count = 40_000;

    [Theory]
    [InlineData("azure", "")]
    [InlineData("mooncake", "")]
    [InlineData("burstgpt", "")]
    [InlineData("sharegpt", ", rate: 100/s")]
    [InlineData("sharegpt", ", rate: 100/s, think: 1s")]
    [InlineData("jsonl", "")]
    [InlineData("jsonl", ", rate: 100/s")]
    public void A_trace_of_any_format_streams(string format, string keys) =>
        Streams(Run(Trace(format), keys).OrThrow().Variants[0].Workload);

    [Theory]
    [InlineData("synthetic: { input: { mean: 900, cv: 0.5, min: 400, max: 4000 }, output: 50 }, rate: 100/s")]
    [InlineData("synthetic: { input: 900, output: 50, prefix: { tokens: 300, depth: 2, branching: 9 } }, rate: { square: { low: 1/s, high: 90/s, period: 20s } }")]
    [InlineData("synthetic: { input: 900, output: 50, rag: { corpus: 500, documents: 3, tokens: 100 } }, rate: 100/s, arrivals: { process: gamma, cv: 3 }")]
    [InlineData("synthetic: { input: 900, output: 50, samples: 4 }, concurrency: 8")]
    [InlineData("sessions: { turns: 5, input: 100, output: 50, think: 5s }, rate: { ramp: { from: 1/s, to: 100/s, over: 60s } }")]
    [InlineData("agents: { calls: 6, task: 500, tool_output: 100, output: 50, tool_time: 5s }, rate: 10/s")]
    public void A_generator_streams(string workload) => Streams(
        Scenarios.Read($"model: llama-3.1-8b\ntopology: {{ shape: 1A, gpu: h100-sxm }}\nworkload: {{ {workload}, requests: {Count} }}\n").OrThrow().Variants[0].Workload);

    private static void Streams(Workload workload)
    {
        var passed = new List<WeakReference>();
        var (count, held) = (0, int.MaxValue);
        foreach (var request in Requests(workload))
        {
            if (++count % 500 == 0) passed.Add(new WeakReference(request));
            if (count != Count - 500) continue;
            GC.Collect();
            held = passed.Count(r => r.IsAlive);
        }

        count.ShouldBe(Count);
        held.ShouldBeLessThan(5);
    }

    private static IEnumerable<RequestSpec> Requests(Workload workload) => workload switch
    {
        Workload.OpenLoop open => open.Requests,
        Workload.ClosedLoop closed => closed.Requests,
        Workload.Conversations conversations => conversations.Starts.SelectMany(s => s.Turns, (_, turn) => turn.Request),
        _ => throw new InvalidOperationException($"Unknown workload {workload.GetType().Name}."),
    };

    private static string Trace(string format)
    {
        var text = new StringBuilder(format switch
        {
            "azure" => "TIMESTAMP,ContextTokens,GeneratedTokens\n",
            "burstgpt" => "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n",
            "sharegpt" => "[",
            _ => "",
        });
        var origin = new DateTime(2023, 11, 16, 18, 0, 0, DateTimeKind.Utc);
        for (var i = 0; i < Count; i++)
        {
            text.Append(format switch
            {
                "azure" => string.Create(CultureInfo.InvariantCulture, $"{origin.AddMilliseconds(i):yyyy-MM-dd HH:mm:ss.fff},100,10\n"),
                "mooncake" => $"{{\"timestamp\": {i}, \"input_length\": 600, \"output_length\": 10, \"hash_ids\": [0, {i + 1}]}}\n",
                "burstgpt" => $"{i},GPT-4,100,10,110,API log\n",
                "sharegpt" => $"{(i == 0 ? "" : ",")}{{\"id\":\"{i}\",\"conversations\":[{{\"from\":\"human\",\"value\":\"a question\"}},{{\"from\":\"gpt\",\"value\":\"an answer\"}}]}}",
                _ => $"{{\"arrival_ns\":{i},\"input_tokens\":100,\"output_tokens\":10}}\n",
            });
        }

        return format == "sharegpt" ? text.Append(']').ToString() : text.ToString();
    }
}
