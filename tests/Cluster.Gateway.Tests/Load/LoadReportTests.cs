using Cluster.Engine.Diagnosis;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Load;
using Cluster.Load.Client;
using Cluster.Load.Reporting;

namespace Cluster.Gateway.Tests.Load;

public sealed class LoadReportTests
{
    [Fact]
    public void Figures_follow_the_definitions_of_vllm()
    {
        // Sent at 0, first token at 100 ms, last at 400 ms, 4 tokens: TPOT is 300 ms ÷ 3.
        var summary = LoadSummary.Of(Result(Record(1, 100, 400, 4), Record(2, 300, 300, 1)), new SloSpec(TtftNs: 200 * Time.Millisecond));
        summary.TpotMs.Mean.ShouldBe(100);
        summary.TtftMs.Mean.ShouldBe(200);
        summary.E2eMs.P50.ShouldBe(350);
        summary.OutputTokensPerS.ShouldBe(5);
        summary.GoodputRps.ShouldBe(1);
        summary.RequestsPerS.ShouldBe(2);
    }

    [Fact]
    public void Requests_that_failed_count_but_do_not_shape_latencies()
    {
        var failed = Record(3, 9000, 9000, 5) with { Outcome = LoadOutcome.Failed, Error = "boom" };
        var summary = LoadSummary.Of(Result(Record(1, 100, 400, 4), failed));
        (summary.Requests, summary.Completed, summary.Failed).ShouldBe((2, 1, 1));
        summary.TtftMs.P99.ShouldBe(100);
        summary.Errors.Single().ShouldBe(KeyValuePair.Create("boom", 1));
    }

    [Fact]
    public void A_run_written_as_json_lines_can_be_compared_with_later()
    {
        var (before, after) = (Result(Record(1, 100, 400, 4)), Result(Record(1, 200, 400, 4)));
        var path = Path.GetTempFileName();
        try
        {
            using (var writer = new StreamWriter(path)) LoadFiles.WriteJsonLines(writer, before, LoadSummary.Of(before));
            File.ReadAllLines(path).Length.ShouldBe(2);
            var figures = LoadComparison.Of(LoadFiles.ReadSummary(path), LoadSummary.Of(after));
            figures.Single(f => f.Name == "TTFT mean, ms").IsBetter.ShouldBe(false);
            figures.Single(f => f.Name == "TPOT mean, ms").IsBetter.ShouldBe(true);
            figures.Single(f => f.Name == "E2E mean, ms").IsBetter.ShouldBeNull();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Csv_quotes_what_a_spreadsheet_would_run_or_split()
    {
        using var writer = new StringWriter();
        LoadFiles.WriteCsv(writer, Result(Record(1, 100, 400, 4) with { Error = "=1+1,\"x\"" }));
        writer.ToString().Split('\n')[1].TrimEnd().ShouldEndWith(",\"'=1+1,\"\"x\"\"\"");
    }

    [Fact]
    public void Every_plain_word_is_one_token()
    {
        foreach (var encoding in (string[])["cl100k", "o200k"])
        {
            Assert.SkipUnless(Cluster.Gateway.Tokenization.Tokenizers.IsAvailable(encoding), "The vocabularies could not be fetched when this was built.");
            var tokens = new List<int>();
            foreach (var word in PlainWords.All) Cluster.Gateway.Tokenization.Tokenizers.Get(encoding).Encode(word, tokens);
            tokens.Count.ShouldBe(PlainWords.All.Count);
        }
    }

    private static LoadRecord Record(long id, long firstMs, long lastMs, int tokens) => new(
        id, LoadOutcome.Completed, 200, 0, 0, firstMs * Time.Millisecond, lastMs * Time.Millisecond, lastMs * Time.Millisecond, 10, tokens, 0);

    private static LoadResult Result(params LoadRecord[] records) => new(records, new DurationHistogram(), Time.Second, WasCancelled: false);
}
