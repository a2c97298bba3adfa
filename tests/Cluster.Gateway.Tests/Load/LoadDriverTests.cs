using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Gateway.Backend;
using Cluster.Load;

namespace Cluster.Gateway.Tests.Load;

public sealed class LoadDriverTests
{
    [Fact]
    public async Task Every_token_of_an_open_loop_arrives()
    {
        await using var gateway = await TestGateway.StartAsync();
        var result = await LoadDriver.RunAsync(gateway.Address, Requests(50, input: 100, output: 20, gapMs: 1), new LoadOptions());
        result.Records.Count.ShouldBe(50);
        result.Records.ShouldAllBe(r => r.Outcome == LoadOutcome.Completed && r.InputTokens == 100 && r.OutputTokens == 20);
        result.Gaps.Count.ShouldBe(50 * 19);
        result.Records.ShouldAllBe(r => r.SentNs >= r.IntendedNs && r.FirstTokenNs >= r.SentNs && r.LastTokenNs >= r.FirstTokenNs);
        result.Records.Select(r => r.RequestId).Distinct().Count().ShouldBe(50);
    }

    [Theory]
    [InlineData(LoadApi.Completions, PromptForm.TokenIds)]
    [InlineData(LoadApi.Completions, PromptForm.Text)]
    public async Task Prompts_have_exactly_the_planned_length(LoadApi api, PromptForm prompts)
    {
        Assert.SkipUnless(Cluster.Gateway.Tokenization.Tokenizers.IsAvailable("cl100k") || prompts == PromptForm.TokenIds, "Needs a real vocabulary.");
        await using var gateway = await TestGateway.StartAsync();
        var result = await LoadDriver.RunAsync(gateway.Address, Requests(5, input: 777, output: 3, gapMs: 0), new LoadOptions { Api = api, Prompts = prompts });
        result.Records.ShouldAllBe(r => r.InputTokens == 777);
    }

    [Fact]
    public async Task A_later_turn_finds_prompt_and_answer_of_the_one_before_in_cache()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { PrefixCache = true });
        var (system, question, answer, next) = (new ContentSegment(1, 64), new ContentSegment(2, 32), new ContentSegment(3, 48), new ContentSegment(4, 40));
        var session = new Session(9, 0,
        [
            new Turn(0, new RequestSpec(1, 0, 96, 48, new TokenContent([system, question, answer])) { SessionId = 9 }),
            new Turn(0, new RequestSpec(2, 0, 184, 8, new TokenContent([system, question, answer, next, new ContentSegment(5, 8)])) { SessionId = 9 }),
        ]);
        var result = await LoadDriver.RunAsync(gateway.Address, new Workload.Conversations([session]), new LoadOptions { SendOutputContent = true });
        result.Records[1].CachedTokens.ShouldBe(144);
    }

    [Fact]
    public async Task A_closed_loop_never_has_more_in_flight_than_clients()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { MaxRunning = 4, TimePerOutputToken = TimeSpan.FromMilliseconds(1) });
        var result = await LoadDriver.RunAsync(gateway.Address, new Workload.ClosedLoop(4, Requests(40, 10, 3, 0)), new LoadOptions());
        result.Records.Count.ShouldBe(40);
        result.Records.ShouldAllBe(r => r.Outcome == LoadOutcome.Completed);
    }

    [Fact]
    public async Task Latency_counts_from_the_intended_send_even_when_no_connection_is_free()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { TimePerOutputToken = TimeSpan.FromMilliseconds(5) });
        var result = await LoadDriver.RunAsync(gateway.Address, Requests(4, 10, 4, gapMs: 0), new LoadOptions { MaxConnections = 1 });
        // Each is sent when the one before has ended, and yet all were due at 0.
        var sorted = result.Records.OrderBy(r => r.SentNs).ToArray();
        for (var i = 1; i < sorted.Length; i++) sorted[i].SentNs.ShouldBeGreaterThan(sorted[i - 1].LastTokenNs);
        sorted.ShouldAllBe(r => r.IntendedNs == 0 && r.E2eNs == r.LastTokenNs && r.TtftNs == r.FirstTokenNs);
    }

    [Fact]
    public async Task Refusals_and_errors_are_told_apart()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { MaxRunning = 0 }, models: new ServedModel("m", 64));
        var refused = await LoadDriver.RunAsync(gateway.Address, Requests(1, 10, 4, 0), new LoadOptions());
        refused.Records[0].Outcome.ShouldBe(LoadOutcome.Rejected);
        refused.Records[0].Status.ShouldBe(429);
        var tooLong = await LoadDriver.RunAsync(gateway.Address, Requests(1, 100, 4, 0), new LoadOptions());
        tooLong.Records[0].Outcome.ShouldBe(LoadOutcome.Failed);
        tooLong.Records[0].Error!.ShouldContain("maximum context length is 64 tokens");
    }

    [Fact]
    public async Task An_endpoint_that_is_not_there_fails_each_request_with_a_reason()
    {
        var result = await LoadDriver.RunAsync(new Uri("http://127.0.0.1:1"), Requests(3, 10, 4, 0), new LoadOptions());
        result.Records.Count.ShouldBe(3);
        result.Records.ShouldAllBe(r => r.Outcome == LoadOutcome.Failed && r.Error != null);
    }

    [Fact]
    public async Task No_request_leaves_and_none_fails_before_it_is_due()
    {
        await using var gateway = await TestGateway.StartAsync();
        var sent = await LoadDriver.RunAsync(gateway.Address, Requests(20, 10, 2, gapMs: 7), new LoadOptions());
        sent.Records.ShouldAllBe(r => r.Outcome == LoadOutcome.Completed && r.SentNs >= r.IntendedNs);
        var refused = await LoadDriver.RunAsync(new Uri("http://127.0.0.1:1"), Requests(3, 10, 4, gapMs: 7), new LoadOptions());
        refused.Records.ShouldAllBe(r => r.Outcome == LoadOutcome.Failed && r.FinishedNs >= r.IntendedNs);
    }

    [Fact]
    public async Task Times_are_emulated_times_at_any_scale()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { TimePerOutputToken = TimeSpan.FromMilliseconds(2) });
        var result = await LoadDriver.RunAsync(gateway.Address, Requests(2, 10, 10, gapMs: 400), new LoadOptions { TimeScale = 10 });
        result.Records.OrderBy(r => r.Id).Select(r => r.IntendedNs).ShouldBe([0, 400 * Time.Millisecond]);
        result.Records.ShouldAllBe(r => r.SentNs >= r.IntendedNs && r.FinishedNs >= r.LastTokenNs);
        result.DurationNs.ShouldBeGreaterThanOrEqualTo(400 * Time.Millisecond);
    }

    internal static IEnumerable<RequestSpec> Requests(int count, int input, int output, double gapMs) => Enumerable.Range(0, count).Select(i =>
        new RequestSpec(i, (long)(i * gapMs * Time.Millisecond), input, output, TokenContent.Unique((ulong)i + 1000, input + output)));
}
