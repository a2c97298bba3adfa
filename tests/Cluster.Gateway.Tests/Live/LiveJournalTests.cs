using Cluster.Engine.Topology;
using Cluster.Gateway.Live;
using Cluster.Grains.Journal;
using Cluster.Grains.Messages;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>What the live router decided can be decided again from what it was told.</summary>
public sealed class LiveJournalTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"xpyd-journal-{Guid.NewGuid():N}.jsonl");

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("kv-aware")]
    [InlineData("power-of-two")]
    [InlineData("scorers")]
    public async Task The_recorded_inputs_of_a_live_run_lead_to_the_same_decisions_again(string policy)
    {
        var spec = Clusters.Disaggregated(2, 3, (name, role) => Clusters.Instance(name, role, blocks: 150), new RouterSpec(policy));
        var options = new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = 20, RecordPath = _path };
        await using (var cluster = await LiveCluster.StartAsync(spec, options))
            await new FaultSoak(cluster, new SoakOptions(Faults: 8, Seed: 3)).RunAsync();

        var decisions = RouterReplay.Run(spec, RouterJournal.Read(_path)).ToList();
        decisions.Count.ShouldBeGreaterThan(20);
        decisions.Where(d => !d.IsSame).ShouldBeEmpty();
        decisions.Select(d => d.Decode).Distinct().Count().ShouldBeGreaterThan(2);
        RouterReplay.Arrivals(RouterJournal.Read(_path)).Select(r => r.ArrivalNs).ShouldBeInOrder();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_live_router_hears_of_every_block_that_leaves_HBM_in_the_order_in_which_it_did(bool hasHostMemory)
    {
        var spec = Clusters.Aggregated(1, _ => Clusters.Instance(blocks: 40) is var i && hasHostMemory
            ? i with { Kv = i.Kv with { Tiers = [new KvTierSpec(KvTierKind.Host, 60, 1e6, Clusters.Link)] } } : i, new RouterSpec("kv-aware"));
        await using (var cluster = await LiveCluster.StartAsync(spec, new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = 50, RecordPath = _path }))
        {
            using var http = new HttpClient { BaseAddress = cluster.Endpoint };
            // Twenty prompts take turns in a cache with room for six.
            for (var n = 0; n < 50; n++) await http.CompleteAsync(3, firstToken: 100 * (n % 20));
        }

        var (lies, moves) = (new Dictionary<ulong, BlockNewsKind>(), new HashSet<BlockNewsKind>());
        foreach (var news in RouterJournal.Read(_path).SelectMany(e => e.Report?.Blocks ?? []))
        {
            moves.Add(news.Kind);
            foreach (var key in news.Keys)
            {
                if (news.Kind != BlockNewsKind.Stored) lies.ContainsKey(key).ShouldBeTrue($"{news.Kind} of a block that was never stored");
                if (news.Kind == BlockNewsKind.Removed) lies.Remove(key);
                else lies[key] = news.Kind;
            }

            // A view that missed one eviction, or took it in the wrong order, would come to hold more than the cache can.
            lies.Values.Count(v => v == BlockNewsKind.Stored).ShouldBeLessThanOrEqualTo(40);
            lies.Count.ShouldBeLessThanOrEqualTo(hasHostMemory ? 100 : 40);
        }

        moves.ShouldBe(hasHostMemory ? [BlockNewsKind.Stored, BlockNewsKind.ToHost, BlockNewsKind.Removed] : [BlockNewsKind.Stored, BlockNewsKind.Removed], ignoreOrder: true);
    }

    [Fact]
    public void Another_clusters_journal_and_a_file_that_is_none_are_refused_in_words()
    {
        File.WriteAllText(_path, """{"op":"begin","ns":0,"cluster":"9P9D","plan":{"members":[],"policy":{"policy":"round-robin","dial_names":[],"dial_values":[]}}}""");
        Should.Throw<InvalidDataException>(() => RouterReplay.Run(Clusters.Aggregated(1), RouterJournal.Read(_path)).ToList()).Message.ShouldContain("9P9D");
        File.WriteAllText(_path, "hello");
        Should.Throw<InvalidDataException>(() => RouterJournal.Read(_path).ToList()).Message.ShouldContain(":1:");
    }
}
