using Cluster.Engine.Requests;
using Cluster.Scenarios.Workloads;

namespace Cluster.Scenarios.Tests;

public sealed class TraceTests : TraceFixture
{
    private const string Azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.5000000,374,44\n2023-11-16 18:15:48.5000000,396,109\n2023-11-16 18:15:50.5000000,879,55\n";

    private const string Mooncake = """
        {"timestamp": 0, "input_length": 1100, "output_length": 5, "hash_ids": [0, 1, 2]}
        {"timestamp": 3000, "input_length": 1500, "output_length": 7, "hash_ids": [0, 1, 3]}
        """;

    [Fact]
    public void An_Azure_trace_keeps_its_lengths_and_gaps()
    {
        Requests(Azure).Select(r => (r.Id, r.ArrivalNs, r.InputTokens, r.OutputTokens)).ShouldBe(
            [(0, 0, 374, 44), (1, 2_000_000_000, 396, 109), (2, 4_000_000_000, 879, 55)]);
    }

    [Fact]
    public void Requests_of_a_Mooncake_trace_share_exactly_the_blocks_with_equal_ids()
    {
        var requests = Requests(Mooncake);
        requests[1].ArrivalNs.ShouldBe(3_000_000_000);
        requests[0].Content.CommonPrefix(requests[1].Content).ShouldBe(1024);
        requests.ShouldAllBe(r => r.Content.Length == r.InputTokens + r.OutputTokens);
    }

    [Fact]
    public void A_rate_stretches_the_trace_to_that_mean()
    {
        var requests = Requests(Azure, ", rate: 4/s");
        requests.Select(r => r.ArrivalNs).ShouldBe([0, 250_000_000, 500_000_000]);
    }

    [Fact]
    public void A_window_and_a_count_cut_the_trace()
    {
        Requests(Azure, ", window: { from: 1s, to: 4s }").ShouldHaveSingleItem().InputTokens.ShouldBe(396);
        Requests(Azure, ", requests: 2").Length.ShouldBe(2);
        Run(Azure, ", requests: 9").Errors.ShouldHaveSingleItem().Suggestion.ShouldBe("The nearest is 3.");
        Run(Azure, ", window: { from: 9s }").Errors.ShouldHaveSingleItem().Message.ShouldContain("inside the window");
    }

    [Theory]
    [InlineData("2023-11-16 18:15:51.0,12\n", 5, "three fields")]
    [InlineData("2023-11-16 18:15:51.0,-3,4\n", 5, "ContextTokens is '-3'")]
    [InlineData("yesterday,3,4\n", 5, "TIMESTAMP is 'yesterday'")]
    [InlineData("2023-11-16 18:15:11.0,3,4\n", 5, "before the line above")]
    public void A_broken_line_is_named_by_file_and_line(string line, int number, string problem)
    {
        var error = Run(Azure + line, "").Errors.ShouldHaveSingleItem();
        error.At.Line.ShouldBe(number);
        error.At.File.ShouldEndWith("t.trace");
        error.Message.ShouldContain(problem);
    }

    [Fact]
    public void A_Mooncake_line_whose_blocks_do_not_cover_its_prompt_is_refused()
    {
        var error = Run(Mooncake.Replace("[0, 1, 3]", "[0, 1]"), "").Errors.ShouldHaveSingleItem();
        error.At.Line.ShouldBe(2);
        error.Message.ShouldContain("1500 tokens need 3");
    }

    [Fact]
    public void Closed_loops_carry_their_concurrency()
    {
        var loop = (Workload.ClosedLoop)Run(Azure, ", concurrency: 2").OrThrow().Variants[0].Workload;
        loop.Concurrency.ShouldBe(2);
        loop.Requests.Count().ShouldBe(3);
    }

    [Fact]
    public void A_BurstGPT_trace_finds_its_columns_by_name_and_skips_failed_requests()
    {
        const string V1 = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n45,ChatGPT,1087,0,1087,Conversation log\n118,GPT-4,417,276,693,API log\n";
        Requests(V1).Select(r => (r.ArrivalNs, r.InputTokens, r.OutputTokens)).ShouldBe([(0, 472, 18), (113_000_000_000, 417, 276)]);
        const string V2 = "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n1,7,2.5,GPT-4,10,20,30,API log\n2,7,2.5,GPT-4,11,21,32,API log\n3,8,2.5,GPT-4,12,22,34,API log\n";
        var requests = Requests(V2);
        requests.Select(r => r.InputTokens).ShouldBe([10, 11, 12]);
        requests[0].SessionId.ShouldBe(requests[1].SessionId);
        requests[2].SessionId.ShouldNotBe(requests[0].SessionId);
        Run(V1 + "9,GPT-4,many,3,4,API log\n", "").Errors.ShouldHaveSingleItem().Message.ShouldContain("Request tokens is 'many'");
    }

    private const string ShareGpt = """
        [{"id": "a", "conversations": [{"from": "human", "value": "12345678"}, {"from": "gpt", "value": "1234567890123456"},
                                       {"from": "human", "value": "1234"}, {"from": "gpt", "value": "12"}]},
         {"id": "b", "conversations": [{"from": "gpt", "value": "unasked"}, {"from": "human", "value": "x"}]},
         {"id": "c", "conversations": [{"from": "human", "value": "12345678"}, {"from": "gpt", "value": "1234"}]}]
        """;

    [Fact]
    public void Conversations_in_text_become_first_turns_at_a_rate()
    {
        var requests = Requests(ShareGpt, ", rate: 4/s");
        requests.Select(r => (r.InputTokens, r.OutputTokens)).ShouldBe([(2, 4), (2, 1)]);
        Requests(ShareGpt, ", rate: 4/s, chars_per_token: 2")[0].InputTokens.ShouldBe(4);
        Run(ShareGpt, "").Errors.ShouldHaveSingleItem().Message.ShouldContain("no times of its own");
    }

    [Fact]
    public void Conversations_in_text_become_sessions_when_people_think_between_turns()
    {
        var sessions = ((Workload.Conversations)Run(ShareGpt, ", rate: 4/s, think: 5s").OrThrow().Variants[0].Workload).Starts.ToArray();
        sessions.Select(s => s.Turns.Length).ShouldBe([2, 1]);
        var (first, second) = (sessions[0].Turns[0].Request, sessions[0].Turns[1].Request);
        (second.InputTokens, second.OutputTokens, sessions[0].Turns[1].PauseNs).ShouldBe((7, 1, 5_000_000_000));
        second.Content.CommonPrefix(first.Content).ShouldBe(first.InputTokens + first.OutputTokens);
    }

    [Fact]
    public void Any_workload_can_be_written_and_replayed()
    {
        var drawn = Scenarios.Draw("synthetic: { input: { distribution: lognormal, mean: 900, max: 4000 }, output: 20, prefix: { tokens: 300, depth: 3, branching: 2 } }, rate: 4/s, requests: 40");
        using var writer = new StringWriter();
        JsonlTrace.Write(writer, drawn);
        var replayed = Requests(writer.ToString());
        replayed.Select(r => (r.Id, r.ArrivalNs - replayed[0].ArrivalNs, r.InputTokens, r.OutputTokens))
            .ShouldBe(drawn.Select(r => (r.Id, r.ArrivalNs - drawn[0].ArrivalNs, r.InputTokens, r.OutputTokens)));
        replayed.Zip(drawn).ShouldAllBe(p => p.First.Content.Segments.SequenceEqual(p.Second.Content.Segments));
    }

    [Theory]
    [InlineData("""{"arrival_ns": 0, "input_tokens": 0, "output_tokens": 1}""", "input_tokens is 0")]
    [InlineData("""{"arrival_ns": 0, "input_tokens": 5, "output_tokens": 1, "content": [["a", 4]]}""", "content covers 4 tokens of 5")]
    [InlineData("""{"arrival_ns": 0, "input_tokens": 5, "output_tokens": 1, "colour": "red"}""", "colour")]
    public void A_broken_line_of_our_own_format_says_why(string line, string problem)
    {
        var error = Run("{\"arrival_ns\": 0, \"input_tokens\": 5, \"output_tokens\": 1}\n" + line, "").Errors.ShouldHaveSingleItem();
        error.At.Line.ShouldBe(2);
        error.Message.ShouldContain(problem);
    }

    [Fact]
    public void A_trace_is_read_only_as_far_as_it_is_used()
    {
        // The broken third line is never reached.
        Requests(Azure.Replace("2023-11-16 18:15:50.5000000,879,55", "broken"), ", requests: 2").Length.ShouldBe(2);
    }
}
