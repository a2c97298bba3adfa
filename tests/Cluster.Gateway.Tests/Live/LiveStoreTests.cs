using Cluster.Engine.Hardware;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Gateway.Admin;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Live;
using Cluster.Simulator;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>A store of KV over the network, shared by the instances of a live cluster as it is in virtual time.</summary>
public sealed class LiveStoreTests
{
    private const int Requests = 9;

    [Fact]
    public async Task What_one_instance_computed_comes_to_another_from_the_store_at_the_nanosecond_of_virtual_time()
    {
        var spec = Clusters.Aggregated(2, i => WithStore($"aggregated-{i}", storeBlocks: 1000), new RouterSpec("round-robin"));
        var simulated = ClusterSimulation.Run(spec, new Workload.OpenLoop(Prompts()));

        await using var cluster = await LiveCluster.StartAsync(spec, new LiveOptions { Compute = ComputeMode.Modeled });
        var hops = new List<HopTimes>();
        foreach (var request in Prompts()) hops.Add(await ServeAsync(cluster, request));

        var live = await cluster.GetSnapshotAsync();
        hops.Select(h => (h.PrefillQueueNs, h.PrefillNs)).ShouldBe(simulated.Requests.OrderBy(r => r.Id).Select(r => (r.Hops.PrefillQueueNs, r.Hops.PrefillNs)));
        live.Instances.Select(i => (i.Name, i.PromptTokens, i.PrefixCacheQueries, i.PrefixCacheHits))
            .ShouldBe(simulated.Instances.Select(i => (i.Name, i.PromptTokens, i.PrefixCacheQueries, i.PrefixCacheHits)));
        // Three contents on two instances: whoever comes second finds what the other has stored, and waits for it.
        hops.Count(h => h.PrefillQueueNs > 5 * Time.Millisecond).ShouldBeGreaterThanOrEqualTo(3);
    }

    [Fact]
    public async Task Prompts_are_computed_while_the_store_is_cut_and_it_is_refused_where_there_is_none()
    {
        var spec = Clusters.Aggregated(2, i => WithStore($"aggregated-{i}", storeBlocks: 1000), new RouterSpec("round-robin"));
        await using var cluster = await LiveCluster.StartAsync(spec, new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = 20 });
        var prompts = Prompts().Select(p => p with { Content = TokenContent.Unique(1, 400) }).ToArray();
        await ServeAsync(cluster, prompts[0]);
        var fault = await cluster.Admin.InjectFaultAsync(new FaultOrder("store", null, 0), default);
        await UntilAtRestAsync(cluster);
        // The other instance, without the store; the one that computed the first; and the other again.
        foreach (var prompt in prompts[1..4]) await ServeAsync(cluster, prompt);
        (await cluster.GetSnapshotAsync()).Instances[1].PrefixCacheHits.ShouldBe(160);
        await cluster.Admin.ClearFaultAsync(fault["id"]!.GetValue<string>(), default);
        await UntilAtRestAsync(cluster);
        (await cluster.GetSnapshotAsync()).Stores!.BytesMoved.ShouldBe(10e6);
        await ServeAsync(cluster, prompts[4]);
        (await cluster.GetSnapshotAsync()).Stores!.BytesMoved.ShouldBeGreaterThan(10e6);

        await using var without = await LiveCluster.StartAsync(Clusters.Aggregated(1), new LiveOptions { Compute = ComputeMode.Modeled });
        (await Should.ThrowAsync<AdminException>(async () => await without.Admin.InjectFaultAsync(new FaultOrder("store", null, 0), default))).Message.ShouldContain("kv_tiers.remote");
    }

    [Fact]
    public async Task Nothing_stays_under_way_to_a_store_whatever_breaks()
    {
        var spec = Clusters.Aggregated(3, i => WithStore($"aggregated-{i}", storeBlocks: 120), new RouterSpec("round-robin"));
        await using var cluster = await LiveCluster.StartAsync(spec, new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = 20 });
        var result = await new FaultSoak(cluster, new SoakOptions(Faults: 12, Seed: 5)).RunAsync();
        result.Violations.ShouldBeEmpty();
        (await cluster.GetSnapshotAsync()).Stores.ShouldNotBeNull().BytesMoved.ShouldBeGreaterThan(0);
    }

    /// <summary>HBM for three prompts or so, and 10 ms for one to come up.</summary>
    private static InstanceSpec WithStore(string name, long storeBlocks) => Clusters.Instance(name, blocks: 60) is var one
        ? one with { Kv = one.Kv with { Tiers = [new KvTierSpec(KvTierKind.Remote, storeBlocks, 1e6, new LinkProfile("test", 1e9, 1e-4, 1, 0, "a test's")) { StoreBytesPerSecond = 1e9 }] } }
        : one;

    /// <summary>A second apart, so that all that the one before stored is there.</summary>
    private static IEnumerable<RequestSpec> Prompts() => Enumerable.Range(1, Requests).Select(i =>
        Clusters.Request(i, input: 150 + 10 * i, output: 4, arrivalNs: i * Time.Second, content: TokenContent.Unique((ulong)(i % 3), 400)));

    private static async Task<HopTimes> ServeAsync(LiveCluster cluster, RequestSpec request)
    {
        var stream = await cluster.Backend.SubmitAsync(new InferenceRequest(request, $"r{request.Id}", FinishReason.Length), default);
        StreamEnd? end;
        while ((end = (await stream.ReadAsync()).End) is null)
        {
            // Its tokens are nobody's business here.
        }

        await UntilAtRestAsync(cluster);
        return end.ShouldBeOfType<StreamEnd.Finished>().Usage.Hops!;
    }

    private static async Task UntilAtRestAsync(LiveCluster cluster)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await cluster.GetSnapshotAsync() is var now && (now.Instances.Any(i => i.Requests > 0) || now.Stores!.Copies + now.Stores.Untold > 0))
            limit.Token.ThrowIfCancellationRequested();
    }
}
