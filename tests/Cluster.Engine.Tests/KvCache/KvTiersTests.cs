using Cluster.Engine.Hardware;
using Cluster.Engine.KvCache;
using Cluster.Engine.KvCache.Tiers;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.KvCache;

public sealed class KvTiersTests
{
    // 1 MB blocks over 1 GB/s: a millisecond each.
    private static readonly LinkProfile s_link = new("slow", 1e9, 0, 1, 0, "a test's");

    [Fact]
    public void What_HBM_evicts_goes_down_tier_by_tier_and_is_told_gone_only_at_the_end()
    {
        var told = new List<ulong>();
        var tiers = new KvTiers([Tier(KvTierKind.Host, 2), Tier(KvTierKind.Ssd, 2)], null, _ => 0, new Gone(told));
        for (ulong key = 1; key <= 5; key++) tiers.Removed(BlockChain.Of([key]), 0, 1);
        tiers.Own.Select(t => t.Count).ShouldBe([2, 2]);
        (tiers.Own[0].Contains(5), tiers.Own[0].Contains(4), tiers.Own[1].Contains(3), tiers.Own[1].Contains(2)).ShouldBe((true, true, true, true));
        told.ShouldBe([1UL]);
        tiers.CountPrefix([5, 3, 9, 2]).ShouldBe(2);
    }

    [Fact]
    public void Copies_up_wait_for_each_other_on_one_link_and_not_on_two()
    {
        var tiers = new KvTiers([Tier(KvTierKind.Host, 2), Tier(KvTierKind.Ssd, 9)], null, _ => 0, null);
        for (ulong key = 1; key <= 6; key++) tiers.Removed(BlockChain.Of([key]), 0, 1);
        const long Later = Time.Second;
        tiers.Onboard([5, 6], Later, Unasked).ShouldBe(Later + (2 * Time.Millisecond));
        tiers.Onboard([1, 2, 3], Later, Unasked).ShouldBe(Later + (3 * Time.Millisecond));
        tiers.Onboard([5], Later, Unasked).ShouldBe(Later + (3 * Time.Millisecond));
        tiers.Onboard([5], 2 * Later, Unasked).ShouldBe((2 * Later) + Time.Millisecond);
    }

    [Theory]
    [InlineData(KvTierKind.Host, 5)]
    [InlineData(KvTierKind.Ssd, 8)]
    public void A_block_can_be_read_once_it_is_written_and_a_disk_reads_and_writes_in_turn(KvTierKind kind, int expectedMs)
    {
        var tiers = new KvTiers([Tier(kind, 100)], null, _ => 0, null) { NowNs = Time.Second };
        tiers.Removed(BlockChain.Of([1, 2, 3, 4]), 0, 4);
        tiers.Removed(BlockChain.Of([7, 8, 9]), 0, 3);
        // Four milliseconds to write the first, three more for what follows: only a disk makes the reader wait for those.
        tiers.Onboard([1], Time.Second, Unasked).ShouldBe(Time.Second + (expectedMs * Time.Millisecond));
    }

    [Theory]
    [InlineData(1, 44)]
    [InlineData(2, 23)]
    [InlineData(4, 14)]
    public void Set_up_hides_behind_other_copies_as_far_as_there_may_be_several(int concurrency, int expectedMs)
    {
        // 10 ms of set-up and a block of a millisecond: one at a time 11 ms each; side by side they share the wire alone.
        var spec = Tier(KvTierKind.Host, 100) with { Link = s_link with { SetupSeconds = 0.01 }, Concurrency = concurrency };
        var port = new TierPort(spec);
        var due = 0L;
        for (var copy = 0; copy < 4; copy++) due = port.Read(1, 0);
        due.ShouldBe(expectedMs * Time.Millisecond);
    }

    [Fact]
    public void What_moves_from_host_memory_to_a_disk_is_told_and_what_HBM_still_has_is_not()
    {
        var moves = new Moves();
        var tiers = new KvTiers([Tier(KvTierKind.Host, 2), Tier(KvTierKind.Ssd, 9)], null, chain => chain[0] == 2 ? 1 : 0, moves);
        for (ulong key = 1; key <= 4; key++) tiers.Removed(BlockChain.Of([key]), 0, 1);
        moves.Heard.ShouldBe([(1, KvTierKind.Host), (2, KvTierKind.Host), (3, KvTierKind.Host), (1, KvTierKind.Ssd), (4, KvTierKind.Host)]);
    }

    [Fact]
    public void A_prompt_that_HBM_has_lost_waits_for_its_copy_instead_of_being_computed()
    {
        var instance = new Instance(Spec(blocks: 12, host: 100));
        Serve(instance, 0, first: 0);
        Serve(instance, 1, first: Time.Second);
        // The second prompt pushed most of the first out: 10 blocks of 16, of which HBM kept two.
        var again = Serve(instance, 0, first: 2 * Time.Second, id: 7);
        again.CachedTokens.ShouldBe(144);
        instance.State.Counters.OnboardedTokens.ShouldBeGreaterThan(100);
        // Nine blocks come up in nine milliseconds; without a tier the prompt takes 13.
        again.Timeline.TtftNs.ShouldBe(instance.State.Counters.OnboardedTokens / 16 * Time.Millisecond + Ms(16));
        instance.State.Pool.CheckIntegrity();
    }

    [Fact]
    public void A_shared_store_serves_an_instance_that_never_saw_the_prompt_and_outlives_one_that_did()
    {
        var spec = Spec(blocks: 12, host: 1);
        spec = spec with { Kv = spec.Kv with { Tiers = [Tier(KvTierKind.Remote, 1000)] } };
        var stores = new SharedKvStores(Clusters.Aggregated(2, i => spec with { Name = $"a-{i}" }));
        var (first, second) = (new Instance(spec, store: stores[0]), new Instance(spec, store: stores[1]));
        Serve(first, 0, 0);
        // Nine blocks take nine milliseconds to get there; an instance that dies before has stored nothing.
        stores.Advance(Time.Second).ShouldBeEmpty();
        first.Crash();
        Serve(second, 0, Time.Second, id: 9, stores).CachedTokens.ShouldBe(144);
        second.State.Counters.OnboardedTokens.ShouldBe(144);
    }

    [Fact]
    public void A_block_is_in_a_store_once_its_copy_has_ended()
    {
        var store = new KvStore(Tier(KvTierKind.Remote, 1000));
        var (writer, reader) = (Tiers(store), Tiers(store));
        writer.Stored(BlockChain.Of([1, 2, 3]), 0, 3);
        reader.CountPrefix([1, 2, 3]).ShouldBe(0);
        store.Advance(3 * Time.Millisecond);
        reader.CountPrefix([1, 2, 3]).ShouldBe(3);
        writer.Stored(BlockChain.Of([7]), 0, 1);
        writer.Lose(() => { });
        store.Advance(Time.Second);
        reader.CountPrefix([7]).ShouldBe(0);
    }

    [Theory]
    [InlineData(null, 5, 10)]
    [InlineData(1e9, 10, 15)]
    [InlineData(0.5e9, 20, 30)]
    public void Instances_share_what_bandwidth_a_store_has(double? bandwidth, int fewMs, int manyMs)
    {
        var store = new KvStore(Tier(KvTierKind.Remote, 1000) with { StoreBytesPerSecond = bandwidth });
        var (few, many) = (new StorePort(store), new StorePort(store));
        var ended = new List<long>();
        // 5 and 10 blocks of a megabyte, each over a port of 1 GB/s; what the first leaves free the second has alone.
        few.Read(Keys(5), 0, read => ended.Add(read.AtNs));
        many.Read(Keys(10), 0, read => ended.Add(read.AtNs));
        store.Advance(Time.Second);
        ended.ShouldBe([fewMs * Time.Millisecond, manyMs * Time.Millisecond]);
    }

    [Fact]
    public void A_crash_loses_the_tiers_of_the_instance()
    {
        var told = new List<ulong>();
        var instance = new Instance(Spec(blocks: 12, host: 100), new Gone(told));
        Serve(instance, 0, 0);
        Serve(instance, 1, Time.Second);
        instance.Crash();
        instance.State.Tiers!.Own[0].Count.ShouldBe(0);
        told.Count.ShouldBe(told.Distinct().Count());
        Serve(instance, 0, 2 * Time.Second, id: 7).CachedTokens.ShouldBe(0);
    }

    [Fact]
    public void A_block_whose_writer_died_before_it_was_there_is_written_by_the_next_that_has_it()
    {
        var store = new KvStore(Tier(KvTierKind.Remote, 1000));
        var (first, second) = (Tiers(store), Tiers(store));
        // More copies than run at a time: those that wait are lost as well.
        for (ulong key = 1; key <= 6; key++) first.Stored(BlockChain.Of([key]), 0, 1);
        first.Lose(() => { });
        store.Active.ShouldBe(0);
        store.Blocks.Count.ShouldBe(0);
        second.Stored(BlockChain.Of([1]), 0, 1);
        store.Advance(Time.Second);
        first.CountPrefix([1]).ShouldBe(1);
    }

    [Theory]
    [InlineData(0.5, 15)]
    [InlineData(0.25, 25)]
    public void A_store_that_degrades_takes_as_many_times_as_long_for_what_is_left(double share, int expectedMs)
    {
        var store = new KvStore(Tier(KvTierKind.Remote, 1000));
        var ended = 0L;
        new StorePort(store).Read(Keys(10), 0, read => ended = read.AtNs);
        store.Degrade(share, 5 * Time.Millisecond);
        store.Advance(Time.Second);
        ended.ShouldBe(expectedMs * Time.Millisecond);
    }

    [Fact]
    public void Nobody_waits_for_a_store_that_is_cut_and_what_it_had_is_there_when_it_is_back()
    {
        var store = new KvStore(Tier(KvTierKind.Remote, 1000)) { News = new StoreNews() };
        var (tiers, port) = (Tiers(store), new StorePort(store));
        tiers.Stored(BlockChain.Of([1, 2]), 0, 2);
        store.Advance(Time.Second);
        tiers.NowNs = Time.Second;
        tiers.Stored(BlockChain.Of([3]), 0, 1);
        StoreRead? told = null;
        port.Read([1, 2], Time.Second, read => told = read);
        store.Degrade(0, Time.Second + 1);
        told.ShouldBe(new StoreRead(Time.Second + 1, Arrived: false));
        (store.Active, tiers.CountPrefix([1, 2]), store.News.Turned).ShouldBe((0, 0, true));
        port.Write([4], Time.Second + 1).ShouldBe(0);
        store.Degrade(1, Time.Second + 2);
        (tiers.CountPrefix([1, 2]), tiers.CountPrefix([3])).ShouldBe((2, 0));
    }

    [Fact]
    public void A_prompt_whose_blocks_will_not_come_from_the_store_is_computed_instead()
    {
        var spec = Spec(blocks: 12, host: 1);
        var line = new SilentPort(Tier(KvTierKind.Remote, 1000));
        var instance = new Instance(spec with { Kv = spec.Kv with { Tiers = [line.Spec] } }, store: line);
        var request = Clusters.Request(1, 160, 1, 0, TokenContent.Unique(100, 161));
        var sequence = new Sequence(request, 1);
        instance.Enqueue(sequence, 0);
        instance.TryBeginStep(0, out _).ShouldBeFalse();
        line.Has = false;
        line.Asked!(new StoreRead(Time.Millisecond, Arrived: false));
        instance.TryBeginStep(Time.Millisecond, out var step).ShouldBeTrue();
        step.Shape.PrefillTokens.ShouldBe(160);
        instance.EndStep(step.DueNs);
        sequence.CachedTokens.ShouldBe(0);
        instance.State.Counters.FellBack.ShouldBe(1);
        instance.State.Pool.Allocated.ShouldBe(0);
        instance.State.Pool.CheckIntegrity();
    }

    private static ulong[] Keys(int count) => [.. Enumerable.Range(1, count).Select(k => (ulong)k)];

    private static void Unasked(StoreRead _) => throw new InvalidOperationException("There is no store here.");

    private static KvTiers Tiers(KvStore store) => new([Tier(KvTierKind.Remote, 1000)], new StorePort(store), _ => 0, null);

    private static long Ms(int newTokens) => (5 * Time.Millisecond) + (newTokens * 50_000L);

    private static KvTierSpec Tier(KvTierKind kind, long blocks) => new(kind, blocks, 1e6, s_link);

    private static InstanceSpec Spec(long blocks, long host)
    {
        var spec = Clusters.Instance(blocks: blocks, cost: new LinearCost(contextTokenUs: 0));
        return spec with { Kv = spec.Kv with { Tiers = [Tier(KvTierKind.Host, host)] } };
    }

    /// <summary>One prompt of 160 tokens and one token of output, named by its content.</summary>
    private static Sequence Serve(Instance instance, ulong content, long first, long? id = null, SharedKvStores? stores = null)
    {
        var request = Clusters.Request(id ?? (long)content, 160, 1, first, TokenContent.Unique(100 + content, 161));
        var sequence = new Sequence(request, 1);
        sequence.Timeline.ArrivedNs = first;
        instance.Enqueue(sequence, first);
        for (var now = first; sequence.Timeline.FinishedNs == Time.Unset;)
        {
            if (instance.TryBeginStep(now, out var step)) instance.EndStep(now = step.DueNs);
            else now = Math.Min(instance.NextOnboardNs, stores?.NextEventNs ?? Time.Never);
            stores?.Advance(now);
            instance.ClearEffects();
        }

        return sequence;
    }

    /// <summary>A way to a store that has all blocks, and answers when the test does.</summary>
    private sealed class SilentPort(KvTierSpec spec) : IKvStorePort
    {
        public bool Has { get; set; } = true;

        public Action<StoreRead>? Asked { get; private set; }

        public KvTierSpec Spec => spec;

        public long NextEventNs => Time.Never;

        public void Advance(long nowNs)
        {
        }

        public bool CanRead(ulong key) => Has;

        public int Write(ulong[] keys, long nowNs) => 0;

        public void Read(ulong[] keys, long nowNs, Action<StoreRead> read) => Asked = read;

        public void Reset(long nowNs)
        {
        }
    }

    private sealed class Gone(List<ulong> keys) : IKvEventSink
    {
        public void Stored(ulong key) => keys.Remove(key);

        public void Removed(ulong key) => keys.Add(key);
    }

    private sealed class Moves : IKvEventSink
    {
        public List<(ulong, KvTierKind)> Heard { get; } = [];

        public void Stored(ulong key)
        {
        }

        public void Removed(ulong key)
        {
        }

        public void Offloaded(BlockChain chain, int start, int count, KvTierKind to) => Heard.Add((chain[start], to));
    }
}
