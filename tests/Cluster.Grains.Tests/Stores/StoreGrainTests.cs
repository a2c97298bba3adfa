using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Grains.Hosting;
using Cluster.Grains.Messages;
using Cluster.Grains.Timing;
using Cluster.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cluster.Grains.Tests.Stores;

/// <summary>Copies from the store of a cluster whose time begins when the test says so: until then all orders are of one moment.</summary>
public sealed class StoreGrainTests : IAsyncLifetime
{
    private static readonly LinkProfile s_link = new("test", 1e9, 0, 1, 0, "hand-worked");
    private readonly Pacer _pacer = new();
    private readonly ClusterSpec _cluster = Clusters.Aggregated(2, i => Clusters.Instance($"aggregated-{i}") is var one
        ? one with { Kv = one.Kv with { Tiers = [new KvTierSpec(KvTierKind.Remote, 1000, 1e6, s_link) { StoreBytesPerSecond = 1e9 }] } } : one);
    private EmulatedClock _clock = null!;
    private IHost _host = null!;

    private IStoreGrain Store => _host.Services.GetRequiredService<IGrainFactory>().GetGrain<IStoreGrain>(_cluster.Name);

    public async ValueTask InitializeAsync()
    {
        var epoch = DateTime.UtcNow + TimeSpan.FromDays(1);
        _clock = new EmulatedClock(_pacer, 1, epoch);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.AddClusterRuntime(new ClusterContext(_cluster, _clock, _ => throw new NotSupportedException("Nothing steps here.")));
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _pacer.Dispose();
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    public async Task Instances_that_load_at_once_share_the_store_and_no_byte_is_lost(int instances, int expectedMs)
    {
        var reads = new List<Task<StoreArrival>>();
        for (var i = 0; i < instances; i++) reads.Add(await BeginReadAsync(await JoinAsync(i), copies: i + 1));
        BeginTime();
        foreach (var arrival in await Task.WhenAll(reads.Select(Soon))) arrival.ShouldBe(new StoreArrival(expectedMs * Time.Millisecond, Arrived: true));
        (await Store.GetSnapshotAsync()).ShouldBe(new StoreSnapshot(0, 0, instances * 10e6, 0));
    }

    [Fact]
    public async Task Of_an_instance_that_crashed_nothing_is_under_way_and_the_others_have_its_share()
    {
        var (first, second) = (await JoinAsync(0), await JoinAsync(1));
        var (lost, kept) = (await BeginReadAsync(first, copies: 1), await BeginReadAsync(second, copies: 2));
        await Store.LostAsync(first with { Life = 1 });
        (await Soon(lost)).Arrived.ShouldBeFalse();
        // What it had ordered before, and comes late, is void; what follows is not.
        (await Store.ReadAsync(Order(first))).ShouldBe(new StoreArrival(0, Arrived: false));
        var anew = await BeginReadAsync(first with { Life = 1 }, copies: 2);
        await Store.LeaveAsync(first with { Life = 1 });
        (await Soon(anew)).Arrived.ShouldBeFalse();
        BeginTime();
        (await Soon(kept)).ShouldBe(new StoreArrival(10 * Time.Millisecond, Arrived: true));
        (await Store.GetSnapshotAsync()).BytesMoved.ShouldBe(10e6);
    }

    [Fact]
    public async Task An_instance_that_begins_anew_leaves_nothing_of_its_earlier_self_behind_and_who_has_not_joined_is_told_so()
    {
        var first = await JoinAsync(0);
        var lost = await BeginReadAsync(first, copies: 1);
        var again = first with { Incarnation = "another" };
        (await Store.ReadAsync(Order(again))).IsKnown.ShouldBeFalse();
        (await Store.WriteAsync(Order(again))).ShouldBeFalse();
        (await Store.JoinAsync(again)).Readable.ShouldBeEmpty();
        (await Soon(lost)).Arrived.ShouldBeFalse();
        (await Store.WriteAsync(Order(first))).ShouldBeFalse();
        // Its end, heard of late, is no end of the other.
        await Store.LeaveAsync(first);
        var read = await BeginReadAsync(again, copies: 1);
        BeginTime();
        (await Soon(read)).AtNs.ShouldBe(10 * Time.Millisecond);
    }

    private async Task<StoreSeat> JoinAsync(int instance)
    {
        var seat = new StoreSeat($"aggregated-{instance}", "one", 0);
        (await Store.JoinAsync(seat)).Readable.ShouldBeEmpty();
        return seat;
    }

    private static StoreOrder Order(StoreSeat seat) => new(seat, [.. Enumerable.Range(1, 10).Select(k => (ulong)k)], 0);

    /// <summary>Ten blocks of a megabyte, over a wire of 1 GB/s.</summary>
    private async Task<Task<StoreArrival>> BeginReadAsync(StoreSeat seat, int copies)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var read = Store.ReadAsync(Order(seat));
        while ((await Store.GetSnapshotAsync()).Copies < copies) limit.Token.ThrowIfCancellationRequested();
        return read;
    }

    /// <summary>One that is forgotten fails its test instead of holding it up.</summary>
    private static Task<StoreArrival> Soon(Task<StoreArrival> read) => read.WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>An hour has passed.</summary>
    private void BeginTime() => _clock.Align(DateTime.UtcNow - TimeSpan.FromHours(1));
}
