using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Scenarios;
using Cluster.Simulator.Planning;

namespace Cluster.Simulator.Tests.Planning;

public sealed class SustainedLoadTests
{
    /// <summary>A request a second, each with a system prompt that all share and a question of its own.</summary>
    private static readonly Workload.OpenLoop Asked = new([.. Enumerable.Range(0, 10).Select(i =>
        new RequestSpec(i, i * 1_000_000_000L, 48, 8, new TokenContent([new ContentSegment(7, 32), new ContentSegment(100 + (ulong)i, 24)])) { SessionId = (ulong)i })]);

    private static List<RequestSpec> Times(double factor) => [.. ((Workload.OpenLoop)SustainedLoad.Of(Asked, factor)).Requests];

    [Theory]
    [InlineData(1.5, 15)]
    [InlineData(3, 30)]
    [InlineData(3.3, 33)]
    public void Three_times_the_pace_takes_three_times_the_requests_and_as_long(double factor, int count)
    {
        var requests = Times(factor);
        requests.Count.ShouldBe(count);
        // As long as the mean gap after the last one lets tell.
        (requests[^1].ArrivalNs / 1e9).ShouldBeInRange(9, 10);
        requests.Select(r => r.ArrivalNs).ShouldBeInOrder();
        for (var i = 1; i < count; i++) (requests[i].ArrivalNs - requests[i - 1].ArrivalNs).ShouldBeInRange((long)(1e9 / factor), (long)(1e9 / factor) + 1);
        requests.Select(r => r.Id).ShouldBe(Enumerable.Range(0, count).Select(i => (long)i));
    }

    [Fact]
    public void Who_comes_again_shares_what_was_shared_and_brings_a_question_of_its_own()
    {
        var requests = Times(3);
        requests[23].Content.CommonPrefix(requests[3].Content).ShouldBe(32);
        requests[23].Content.CommonPrefix(requests[13].Content).ShouldBe(32);
        requests[23].Content.Length.ShouldBe(requests[3].Content.Length);
        requests.Where(r => r.SessionId != 0).Select(r => r.SessionId).ShouldBeUnique();
        requests[10].SessionId.ShouldBe(0UL);
    }

    [Fact]
    public void Turns_of_a_conversation_that_comes_again_still_quote_each_other()
    {
        Turn Turn(long id, int tokens) => new(0, new RequestSpec(id, 0, tokens, 8, TokenContent.Unique(9, tokens + 8)) { SessionId = 5 });
        var other = new Session(6, 2_000_000_000, [new Turn(0, new RequestSpec(2, 0, 16, 8, TokenContent.Unique(10, 24)) { SessionId = 6 })]);
        var talk = new Workload.Conversations([new Session(5, 0, [Turn(0, 16), Turn(1, 32)]), other]);
        var sessions = ((Workload.Conversations)SustainedLoad.Of(talk, 2)).Starts.ToList();

        sessions.Select(s => s.StartNs).ShouldBe([0, 1_000_000_000, 2_000_000_000, 3_000_000_000]);
        sessions.Select(s => s.Id).ShouldBeUnique();
        var (first, again) = (sessions[0].Turns, sessions[2].Turns);
        again[1].Request.Content.CommonPrefix(again[0].Request.Content).ShouldBe(24);
        again[0].Request.Content.CommonPrefix(first[0].Request.Content).ShouldBe(0);
        sessions.SelectMany(s => s.Turns).Select(t => t.Request.Id).ShouldBeUnique();
    }

    [Fact]
    public void Conversations_are_not_searched_beyond_the_pace_at_which_no_more_of_them_come()
    {
        Workload.Conversations Talk(int sessions) => new([.. Enumerable.Range(1, sessions).Select(i =>
            new Session((ulong)i, i * 1_000_000_000L, [new Turn(0, new RequestSpec(i, 0, 16, 8, TokenContent.Unique((ulong)i, 24)) { SessionId = (ulong)i })]))]);
        SustainedLoad.HighestPower(Talk(600)).ShouldBe(3);
        SustainedLoad.HighestPower(Talk(75)).ShouldBe(5);
        SustainedLoad.HighestPower(Talk(2)).ShouldBe(8);
        SustainedLoad.HighestPower(Asked).ShouldBe(8);
    }

    [Fact]
    public void Clients_that_wait_ask_as_many_times_more() =>
        ((Workload.ClosedLoop)SustainedLoad.Of(new Workload.ClosedLoop(4, Asked.Requests), 2)).ShouldSatisfyAllConditions(
            w => w.Concurrency.ShouldBe(8), w => w.Requests.Count().ShouldBe(20));

    [Fact]
    public void On_a_hundred_and_twenty_eight_GPUs_twice_as_many_come_again_as_on_sixty_four()
    {
        SustainedLoad.MostRequestsOn(On(1)).ShouldBe(SustainedLoad.MostRequests);
        SustainedLoad.MostRequestsOn(On(64)).ShouldBe(SustainedLoad.MostRequests);
        SustainedLoad.MostRequestsOn(On(128)).ShouldBe(2 * SustainedLoad.MostRequests);
        ((Workload.OpenLoop)SustainedLoad.Of(Asked, 1_000, SustainedLoad.MostRequestsOn(On(128)))).Requests.Count().ShouldBe(2 * SustainedLoad.MostRequests);

        ClusterSpec On(int gpus) => SmallScenario.Source().With([new ScenarioOverride("topology.aggregated.instances", $"{gpus}")]).Read(SmallScenario.Catalog).OrThrow().Variants[0].Cluster;
    }

    [Fact]
    public void The_search_for_the_most_load_of_a_large_cluster_sends_it_as_many_as_its_GPUs_ask_for()
    {
        var variant = SmallScenario.Source("""
            model: llama-3.1-8b
            topology: { aggregated: { instances: 16, gpu: h100-sxm, tp: 8 } }
            workload: { synthetic: { input: 480, output: 8 }, rate: 10/s, requests: 60 }
            slo: { ttft: 300ms }
            """).Read(SmallScenario.Catalog).OrThrow().Variants[0];
        Headroom.Find(variant.Cluster, variant.Workload).Report.Requests.ShouldBe(2 * SustainedLoad.MostRequests);
    }

    [Fact]
    public void What_is_long_enough_comes_once_at_the_faster_pace()
    {
        var many = new Workload.OpenLoop(Enumerable.Range(0, SustainedLoad.MostRequests).Select(i => new RequestSpec(i, i * 1_000L, 16, 4, TokenContent.Unique((ulong)i, 20))));
        ((Workload.OpenLoop)SustainedLoad.Of(many, 4)).Requests.Count().ShouldBe(SustainedLoad.MostRequests);
        ((Workload.OpenLoop)SustainedLoad.Of(Asked, 1_000)).Requests.Count().ShouldBe(SustainedLoad.MostRequests);
        SustainedLoad.Of(Asked, 0.5).ShouldBeOfType<Workload.OpenLoop>().Requests.Last().ArrivalNs.ShouldBe(18_000_000_000);
    }
}
