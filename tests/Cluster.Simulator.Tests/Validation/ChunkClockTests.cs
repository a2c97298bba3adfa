using Cluster.Engine.Requests;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Validation;
using Cluster.Testing;

namespace Cluster.Simulator.Tests.Validation;

/// <summary>When clients see first tokens that an engine holds back until a chunk is full.</summary>
public sealed class ChunkClockTests
{
    private const int Chunk = 30;

    [Fact]
    public void Alone_a_client_waits_for_the_steps_that_fill_its_chunk()
    {
        var (clock, record) = Run(clients: 1, requests: 4, output: 100);
        foreach (var r in record.Requests) ((double)clock.SeenTtftNs(r)).ShouldBe(r.TtftNs + ((Chunk - 1) * r.TpotNs), 1e6);
    }

    [Fact]
    public void An_answer_shorter_than_a_chunk_is_seen_when_it_is_over()
    {
        var (clock, record) = Run(clients: 1, requests: 3, output: 12);
        foreach (var r in record.Requests) clock.SeenTtftNs(r).ShouldBe(r.E2eNs);
        (clock, record) = Run(clients: 1, requests: 2, output: 1);
        foreach (var r in record.Requests) clock.SeenTtftNs(r).ShouldBe(r.TtftNs);
    }

    [Fact]
    public void Prompts_computed_between_the_steps_do_not_count()
    {
        var (clock, record) = Run(clients: 8, requests: 80, output: 100);
        foreach (var r in record.Requests)
        {
            var held = clock.SeenTtftNs(r) - r.TtftNs;
            held.ShouldBeLessThanOrEqualTo((long)((Chunk - 1) * r.TpotNs), "a mean step has a share of the prompts, and they come before decoding");
            held.ShouldBeGreaterThan(0);
        }

        // Of the first wave the first had all others' prompts behind it: 5 ms a step and 0.05 ms a token of prompt.
        var first = record.Requests.Where(r => r.Id < 8).MinBy(r => r.TtftNs);
        (clock.SeenTtftNs(first) - first.TtftNs).ShouldBeLessThan((Chunk - 1) * 6_000_000L);
    }

    private static (ChunkClock Clock, RunRecord Record) Run(int clients, int requests, int output)
    {
        var cluster = Clusters.Aggregated(1, _ => Clusters.Instance(scheduler: "sglang", prefixCaching: false));
        var clock = new ChunkClock(cluster.Instances.Length, Chunk);
        var specs = Enumerable.Range(0, requests).Select(i => new RequestSpec(i, 0, 1900, output, TokenContent.Unique((ulong)i + 1, 1900 + output)));
        return (clock, ClusterSimulation.Run(cluster, new Workload.ClosedLoop(clients, specs), clock));
    }
}
