using Cluster.Grains.Messages;
using Cluster.Grains.Nearby;

namespace Cluster.Grains.Tests.Nearby;

public sealed class RouterInboxTests
{
    private readonly RouterInbox _inbox = new();

    [Fact]
    public void Nothing_is_left_for_a_router_that_is_not_here()
    {
        _inbox.TryLeave(Report(1), 1).ShouldBeFalse();
        _inbox.Open();
        _inbox.TryLeave(Report(2), 2).ShouldBeTrue();
        _inbox.Close();
        _inbox.TryLeave(Report(3), 3).ShouldBeFalse();
    }

    [Fact]
    public void News_are_read_once_in_the_order_in_which_they_came_with_the_time_at_which_they_did()
    {
        _inbox.Open();
        for (var i = 1; i <= 3; i++) _inbox.TryLeave(Report(i), 10 * i).ShouldBeTrue();
        _inbox.Read().Select(news => (news.Report.AtNs, news.ArrivedNs)).ShouldBe([(1, 10), (2, 20), (3, 30)]);
        _inbox.Read().ShouldBeEmpty();
    }

    [Fact]
    public void A_router_that_comes_anew_does_not_read_what_was_left_for_the_one_before()
    {
        _inbox.Open();
        _inbox.TryLeave(Report(1), 1);
        _inbox.Open();
        _inbox.Read().ShouldBeEmpty();
    }

    [Fact]
    public void A_full_inbox_takes_nothing_until_it_is_read()
    {
        _inbox.Open();
        for (var i = 0; i < RouterInbox.Capacity; i++) _inbox.TryLeave(Report(i), i).ShouldBeTrue();
        _inbox.TryLeave(Report(0), 0).ShouldBeFalse();
        _inbox.Read().Count.ShouldBe(RouterInbox.Capacity);
        _inbox.TryLeave(Report(0), 0).ShouldBeTrue();
    }

    private static InstanceReport Report(long atNs) => new("i", atNs, 0, 0, 0, [], [], []);
}
