using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Tests;

public sealed class WorkloadTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private const string Azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.5000000,374,44\n2023-11-16 18:15:48.5000000,396,109\n2023-11-16 18:15:50.5000000,879,55\n";

    private const string Mooncake = """
        {"timestamp": 0, "input_length": 1100, "output_length": 5, "hash_ids": [0, 1, 2]}
        {"timestamp": 3000, "input_length": 1500, "output_length": 7, "hash_ids": [0, 1, 3]}
        """;

    private ScenarioResult Run(string trace, string keys)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "t.trace"), trace);
        var text = $"model: llama-3.1-8b\ntopology: {{ shape: 1A, gpu: h100-sxm }}\nworkload: {{ trace: t.trace{keys} }}\n";
        return ScenarioFile.Parse(text, TestCatalog.Instance, Path.Combine(_folder.FullName, "s.yaml"));
    }

    private RequestSpec[] Requests(string trace, string keys = "") =>
        [.. ((Workload.OpenLoop)Run(trace, keys).OrThrow().Variants[0].Workload).Requests];

    public void Dispose() => _folder.Delete(recursive: true);

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
    public void The_same_seed_draws_the_same_requests_again_and_again()
    {
        static RequestSpec[] Draw(ulong seed) =>
            [.. ((Workload.OpenLoop)Scenarios.Read(Scenarios.Minimal, new ScenarioOverride("seed", $"{seed}")).OrThrow().Variants[0].Workload).Requests];
        var (a, b, c) = (Draw(1), Draw(1), Draw(2));
        a.Select(r => r.ArrivalNs).ShouldBe(b.Select(r => r.ArrivalNs));
        a.Select(r => r.ArrivalNs).ShouldNotBe(c.Select(r => r.ArrivalNs));
        a.Length.ShouldBe(50);
        a.Zip(a.Skip(1)).ShouldAllBe(p => p.First.ArrivalNs <= p.Second.ArrivalNs && p.First.Id < p.Second.Id);
    }
}
