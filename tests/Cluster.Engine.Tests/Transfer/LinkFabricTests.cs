using Cluster.Engine.Hardware;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;

namespace Cluster.Engine.Tests.Transfer;

public sealed class LinkFabricTests
{
    // 10 GB/s per port, 1 ms of set-up, no loss for size: all times below follow by hand.
    private static readonly LinkProfile s_link = new("test", 10e9, 1e-3, 1, 0, "a test's");

    [Fact]
    public void A_lone_transfer_takes_set_up_and_bytes_over_bandwidth() =>
        RunToEnd(new LinkFabric(s_link, 4), (0, 2, 1e8)).ShouldBe([11]);

    [Fact]
    public void Two_transfers_from_one_source_share_its_port() =>
        RunToEnd(new LinkFabric(s_link, 4), (0, 2, 1e8), (0, 3, 1e8)).ShouldBe([21, 21]);

    [Fact]
    public void Transfers_that_do_not_meet_do_not_slow_each_other() =>
        RunToEnd(new LinkFabric(s_link, 4), (0, 2, 1e8), (1, 3, 1e8)).ShouldBe([11, 11]);

    [Fact]
    public void What_one_cannot_use_goes_to_the_others()
    {
        // 0→2 and 0→3 share the egress of 0; 1→3 meets the second at the ingress of 3. Max–min: 5 GB/s each.
        RunToEnd(new LinkFabric(s_link, 4), (0, 2, 1e8), (0, 3, 5e7), (1, 3, 1e8)).ShouldBe([16, 11, 16]);
    }

    [Fact]
    public void A_fabric_narrower_than_the_ports_is_shared_by_all_that_cross_it() =>
        RunToEnd(new LinkFabric(s_link, 6, fabricBytesPerSecond: 15e9), (0, 3, 1e8), (1, 4, 1e8), (2, 5, 5e7)).ShouldBe([18, 18, 11]);

    [Fact]
    public void A_cut_link_moves_nothing_until_it_is_mended()
    {
        var fabric = new LinkFabric(s_link, 2);
        fabric.Start(0, 1, 1e8, 0);
        fabric.Advance(Time.Millisecond);
        fabric.Degrade(0, 0, Time.Millisecond);
        fabric.NextEventNs.ShouldBe(Time.Never);
        fabric.Degrade(0, 1, 100 * Time.Millisecond);
        fabric.NextEventNs.ShouldBe(110 * Time.Millisecond);
    }

    [Fact]
    public void Transfers_in_set_up_slow_nobody_and_those_that_end_together_are_told_in_the_order_they_began()
    {
        var fabric = new LinkFabric(s_link, 4);
        // The first begins last to move: alone until then, the second has its port to itself, and half of it from 5 ms on.
        var first = fabric.Start(0, 2, 5e7, 0, setupSeconds: 5e-3);
        var second = fabric.Start(0, 3, 1e8, 0, setupSeconds: 0);
        var third = fabric.Start(1, 2, 1e8, 0, setupSeconds: 1);
        fabric.Active.ShouldBe(3);
        fabric.NextEventNs.ShouldBe(5 * Time.Millisecond);
        fabric.Advance(5 * Time.Millisecond).ShouldBeEmpty();
        fabric.Transfers(2).ShouldBe((2, 1));
        fabric.NextEventNs.ShouldBe(15 * Time.Millisecond);
        fabric.Advance(15 * Time.Millisecond).ShouldBe([first, second]);
        fabric.Cancel(third, 16 * Time.Millisecond);
        fabric.Active.ShouldBe(0);
        fabric.NextEventNs.ShouldBe(Time.Never);
    }

    private static int[] RunToEnd(LinkFabric fabric, params (int Source, int Destination, double Bytes)[] transfers)
    {
        var endedMs = new int[transfers.Length];
        foreach (var (source, destination, bytes) in transfers) fabric.Start(source, destination, bytes, 0);
        while (fabric.NextEventNs != Time.Never)
        {
            var now = fabric.NextEventNs;
            foreach (var id in fabric.Advance(now)) endedMs[id] = (int)Math.Round(now / 1e6);
        }

        return endedMs;
    }
}
