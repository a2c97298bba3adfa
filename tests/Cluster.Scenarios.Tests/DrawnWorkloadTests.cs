using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Tests;

public class DrawnWorkloadTests
{
    private static double[] Gaps(RequestSpec[] requests) => [.. requests.Zip(requests.Skip(1), (a, b) => (b.ArrivalNs - a.ArrivalNs) / 1e9)];

    private static (double Mean, double Cv) Moments(double[] values)
    {
        var mean = values.Average();
        return (mean, Math.Sqrt(values.Average(v => (v - mean) * (v - mean))) / mean);
    }

    [Fact]
    public void The_same_seed_draws_the_same_requests_again_and_again()
    {
        const string Keys = "synthetic: { input: { distribution: exponential, mean: 100 }, output: 9, prefix: { tokens: 20, branching: 5 } }, rate: 4/s, requests: 50";
        var (a, b, c) = (Scenarios.Draw(Keys, 1), Scenarios.Draw(Keys, 1), Scenarios.Draw(Keys, 2));
        a.Select(r => (r.ArrivalNs, r.InputTokens)).ShouldBe(b.Select(r => (r.ArrivalNs, r.InputTokens)));
        a.Zip(b).ShouldAllBe(p => p.First.Content.Segments.SequenceEqual(p.Second.Content.Segments));
        a.Select(r => r.ArrivalNs).ShouldNotBe(c.Select(r => r.ArrivalNs));
        var workload = (Workload.OpenLoop)Scenarios.Open(Keys, 1);
        workload.Requests.Select(r => r.ArrivalNs).ShouldBe(workload.Requests.Select(r => r.ArrivalNs));
    }

    [Fact]
    public void Whatever_is_drawn_arrives_in_order_with_rising_ids_and_covered_content()
    {
        string[] arrivals = ["constant", "poisson", "{ process: gamma, cv: 3 }"];
        string[] rates = ["4/s", "{ ramp: { from: 0/s, to: 9/s, over: 5s } }", "{ ramp: { from: 9/s, to: 1/s, over: 5s } }", "{ square: { low: 0/s, high: 9/s, period: 2s } }"];
        string[] bodies = ["input: 100, output: 5", "input: 100, output: 5, samples: 3", "input: 900, output: 5, rag: { corpus: 20, documents: 4, tokens: 64 }, prefix: { fraction: 0.3, depth: 2, branching: 2 }"];
        var random = new Cluster.Engine.Units.RandomStream(11, "property");
        for (var round = 0; round < 40; round++)
        {
            var keys = $"synthetic: {{ {bodies[random.NextInt(bodies.Length)]} }}, arrivals: {arrivals[random.NextInt(arrivals.Length)]}, rate: {rates[random.NextInt(rates.Length)]}, requests: 60";
            var requests = Scenarios.Draw(keys, (ulong)round);
            requests.Length.ShouldBe(60, keys);
            requests.Select(r => r.Id).ShouldBe(Enumerable.Range(0, 60).Select(i => (long)i), keys);
            Gaps(requests).ShouldAllBe(g => g >= 0, keys);
            requests.ShouldAllBe(r => r.Content.Length == r.InputTokens + r.OutputTokens, keys);
        }
    }

    [Theory]
    [InlineData("constant", 0)]
    [InlineData("poisson", 1)]
    [InlineData("{ process: gamma, cv: 0.5 }", 0.5)]
    [InlineData("{ process: gamma, cv: 3 }", 3)]
    public void Gaps_have_the_mean_and_the_burstiness_asked_for(string arrivals, double cv)
    {
        var (mean, measured) = Moments(Gaps(Scenarios.Draw($"synthetic: {{ input: 10, output: 1 }}, arrivals: {arrivals}, rate: 8/s, requests: 40000", 3)));
        mean.ShouldBe(0.125, 0.01);
        measured.ShouldBe(cv, 0.12);
    }

    [Fact]
    public void A_ramp_and_a_square_wave_put_arrivals_where_the_rate_is()
    {
        var ramp = Scenarios.Draw("synthetic: { input: 10, output: 1 }, arrivals: constant, rate: { ramp: { from: 0/s, to: 10/s, over: 10s } }, duration: 20s");
        ramp.Count(r => r.ArrivalNs < 10_000_000_000).ShouldBeInRange(49, 51);
        ramp.Count(r => r.ArrivalNs >= 10_000_000_000).ShouldBeInRange(99, 101);
        var square = Scenarios.Draw("synthetic: { input: 10, output: 1 }, arrivals: constant, rate: { square: { low: 1/s, high: 9/s, period: 10s, duty: 0.2 } }, duration: 40s");
        square.Length.ShouldBeInRange(4 * 26 - 2, 4 * 26 + 2);
        square.Count(r => r.ArrivalNs % 10_000_000_000 >= 8_000_000_000).ShouldBeInRange(4 * 18 - 4, 4 * 18 + 4);
    }

    [Theory]
    [InlineData("{ distribution: uniform, min: 820, max: 1024 }", 922, 0.064)]
    [InlineData("{ distribution: lognormal, mean: 1000, cv: 0.8 }", 1000, 0.8)]
    [InlineData("{ distribution: normal, mean: 1000, cv: 0.1 }", 1000, 0.1)]
    [InlineData("{ distribution: exponential, mean: 1000 }", 1000, 1)]
    public void Lengths_have_the_mean_and_spread_asked_for(string input, double mean, double cv)
    {
        var lengths = Scenarios.Draw($"synthetic: {{ input: {input}, output: 1 }}, rate: 8/s, requests: 20000", 5).Select(r => (double)r.InputTokens).ToArray();
        var moments = Moments(lengths);
        moments.Mean.ShouldBe(mean, mean * 0.03);
        moments.Cv.ShouldBe(cv, 0.04 + cv * 0.05);
    }

    [Fact]
    public void A_share_of_every_prompt_is_common_as_far_as_paths_through_the_tree_agree()
    {
        var requests = Scenarios.Draw("synthetic: { input: 1000, output: 10, prefix: { fraction: 0.8, depth: 4, branching: 3 } }, rate: 8/s, requests: 200");
        var common = requests.SelectMany((a, i) => requests.Skip(i + 1).Select(b => a.Content.CommonPrefix(b.Content))).Distinct().Order().ToArray();
        common.ShouldBe([0, 200, 400, 600, 800]);
    }

    [Fact]
    public void Popular_documents_come_first_and_none_twice()
    {
        var requests = Scenarios.Draw("synthetic: { input: 2000, output: 10, rag: { corpus: 50, documents: 5, tokens: 100, skew: 1.2 } }, rate: 8/s, requests: 300");
        requests.ShouldAllBe(r => r.Content.Segments.Take(5).Select(s => s.ContentId).Distinct().Count() == 5);
        var first = requests.GroupBy(r => r.Content.Segments[0].ContentId).Max(g => g.Count());
        first.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Samples_of_one_prompt_arrive_together_and_differ_only_in_their_answer()
    {
        var requests = Scenarios.Draw("synthetic: { input: 100, output: 10, samples: 4 }, rate: 8/s, requests: 8000");
        foreach (var group in requests.Chunk(4))
        {
            group.Select(r => r.ArrivalNs).Distinct().Count().ShouldBe(1);
            group[0].Content.CommonPrefix(group[3].Content).ShouldBe(100);
        }

        (8000 / (requests[^1].ArrivalNs / 1e9)).ShouldBe(8, 0.8);
    }

    [Fact]
    public void Each_turn_of_a_conversation_quotes_all_that_went_before()
    {
        var sessions = ((Workload.Conversations)Scenarios.Open(
            "sessions: { turns: { distribution: uniform, min: 1, max: 6 }, input: 50, output: 30, think: { mean: 10s, cv: 0.5 }, system: { tokens: 200 } }, rate: 1/s, requests: 100")).Starts.ToArray();
        sessions.Sum(s => s.Turns.Length).ShouldBe(100);
        sessions.Select(s => s.StartNs).ShouldBeInOrder();
        sessions.SelectMany(s => s.Turns).Select(t => t.Request.Id).ShouldBeUnique();
        foreach (var session in sessions)
        {
            session.Turns[0].Request.InputTokens.ShouldBe(250);
            foreach (var (before, after) in session.Turns.Zip(session.Turns.Skip(1)))
            {
                after.Request.InputTokens.ShouldBe(before.Request.InputTokens + 30 + 50);
                after.Request.Content.CommonPrefix(before.Request.Content).ShouldBe(before.Request.InputTokens + 30);
                after.PauseNs.ShouldBeGreaterThan(0);
                after.Request.SessionId.ShouldBe(session.Id);
            }
        }
    }

    [Fact]
    public void Agents_speak_of_tasks_calls_and_tools()
    {
        var run = ((Workload.Conversations)Scenarios.Open(
            "agents: { calls: 3, task: 2000, tool_output: 500, output: 150, tool_time: 2s, system: { tokens: 1000, branching: 2 } }, rate: 1/s, requests: 9")).Starts.First();
        run.Turns.Select(t => (t.PauseNs, t.Request.InputTokens)).ShouldBe([(0, 3000), (2_000_000_000, 3650), (2_000_000_000, 4300)]);
    }

    [Theory]
    [InlineData("synthetic: { input: 100, output: 1, prefix: { tokens: 100 } }, rate: 1/s, requests: 1", "workload.synthetic.input")]
    [InlineData("synthetic: { input: 100, output: 1, prefix: { tokens: 10, fraction: 0.1 } }, rate: 1/s, requests: 1", "workload.synthetic.prefix.tokens")]
    [InlineData("synthetic: { input: 100, output: 1 }, requests: 1", "workload.rate")]
    [InlineData("synthetic: { input: 100, output: 1 }, rate: 1/s", "workload.requests")]
    [InlineData("synthetic: { input: 100, output: 1 }, rate: 1/s, concurrency: 3, requests: 1", "workload.concurrency")]
    [InlineData("sessions: { turns: 2, input: 1, output: 1, think: 1s }, concurrency: 3, requests: 1", "workload.concurrency")]
    [InlineData("synthetic: { input: { distribution: uniform, min: 5, max: 3 }, output: 1 }, rate: 1/s, requests: 1", "workload.synthetic.input.max")]
    [InlineData("synthetic: { input: { distribution: uniform, min: 1, max: 3, cv: 1 }, output: 1 }, rate: 1/s, requests: 1", "workload.synthetic.input.cv")]
    [InlineData("synthetic: { input: 1, output: 1 }, rate: 1/s, requests: 1, arrivals: { process: poisson, cv: 2 }", "workload.arrivals.cv")]
    [InlineData("synthetic: { input: 1, output: 1 }, rate: 1/s, requests: 1, classes: { a: { priority: 1 } }", "workload.classes.a.share")]
    [InlineData("rate: 1/s", "workload")]
    public void A_workload_that_means_nothing_is_refused(string keys, string key) =>
        Scenarios.ReadWorkload(keys).Errors.ShouldContain(e => e.Key == key);
}
