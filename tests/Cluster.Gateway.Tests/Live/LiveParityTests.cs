using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Live;
using Cluster.Simulator;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>
/// One at a time, requests leave nothing to the host's timing: live and virtual then agree on all that can be counted. How near
/// they are in time is <c>xpyd bench parity</c>'s to say.
/// </summary>
public sealed class LiveParityTests
{
    private const int Requests = 12;

    [Theory]
    [InlineData("round-robin", false)]
    [InlineData("kv-aware", false)]
    [InlineData("kv-aware", true)]
    public async Task Live_and_virtual_agree_on_every_token_cached_block_and_byte(string policy, bool missingOnly)
    {
        var spec = Clusters.Disaggregated(2, 2, router: new RouterSpec(policy), transfer: new TransferSpec { MissingOnly = missingOnly });
        var simulated = ClusterSimulation.Run(spec, new Workload.ClosedLoop(1, Prompts()));

        await using var cluster = await LiveCluster.StartAsync(spec, new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = 20 });
        await OneByOneAsync(cluster);

        var live = await cluster.GetSnapshotAsync();
        live.Instances.Select(i => (i.Name, i.PromptTokens, i.GenerationTokens, i.PrefixCacheQueries, i.PrefixCacheHits, i.Preemptions))
            .ShouldBe(simulated.Instances.Select(i => (i.Name, i.PromptTokens, i.GenerationTokens, i.PrefixCacheQueries, i.PrefixCacheHits, i.Preemptions)));
        if (policy == "kv-aware") live.Instances.Sum(i => i.PrefixCacheHits).ShouldBeGreaterThan(0);
        live.Links.BytesMoved.ShouldBe(simulated.KvBytesMoved);
    }

    /// <summary>How late the host wakes anybody, and how long messages travel, is in none of them. (With overlap, two instances tell the link of one step; who is late may meet KV that has left.)</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_station_is_passed_live_at_the_nanosecond_of_virtual_time(bool isDisaggregated)
    {
        var router = new RouterSpec("round-robin") { DecisionNs = 3_000_000 };
        var spec = isDisaggregated
            ? Clusters.Disaggregated(2, 2, router: router)
            : Clusters.Aggregated(2, router: router);
        var simulated = ClusterSimulation.Run(spec, new Workload.ClosedLoop(1, Prompts()));

        await using var cluster = await LiveCluster.StartAsync(spec, new LiveOptions { Compute = ComputeMode.Modeled });
        var live = await OneByOneAsync(cluster);
        // What the gateway's own parsing takes is the host's.
        live.Select(hops => hops with { TokenizeNs = 0 }).ShouldBe(simulated.Requests.OrderBy(r => r.Id).Select(r => r.Hops).Select(h =>
            new HopTimes(0, h.RouteNs, h.PrefillQueueNs, h.PrefillNs, h.KvAllocNs, h.KvTransferNs, h.DecodeQueueNs)));
    }

    /// <summary>The next begins when nothing is under way.</summary>
    private static async Task<List<HopTimes>> OneByOneAsync(LiveCluster cluster)
    {
        var hops = new List<HopTimes>();
        foreach (var request in Prompts())
        {
            var stream = await cluster.Backend.SubmitAsync(new InferenceRequest(request, $"r{request.Id}", FinishReason.Length), default);
            StreamEnd? end;
            while ((end = (await stream.ReadAsync()).End) is null)
            {
                // Its tokens are nobody's business here.
            }

            hops.Add(end.ShouldBeOfType<StreamEnd.Finished>().Usage.Hops!);
            await UntilAtRestAsync(cluster);
        }

        return hops;
    }

    /// <summary>Prompts of which some share their beginning.</summary>
    private static IEnumerable<RequestSpec> Prompts() => Enumerable.Range(1, Requests).Select(i =>
        Clusters.Request(i, input: 150 + 10 * i, output: 4, content: TokenContent.Unique((ulong)(i % 3), 400)));

    private static async Task UntilAtRestAsync(LiveCluster cluster)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await cluster.GetSnapshotAsync() is var now && (now.Instances.Any(i => i.Requests > 0) || now.Links.OpenHandOvers > 0 || (await cluster.CountRoutedAsync()).Any(r => r.Active > 0)))
            limit.Token.ThrowIfCancellationRequested();
    }
}
