using Cluster.Grains.Instances;
using Cluster.Grains.Messages;

namespace Cluster.Grains.Tests.Instances;

public sealed class GatewayLaneTests
{
    private readonly List<TokenBatch> _sent = [];
    private readonly GatewayLane _lane;

    public GatewayLaneTests() => _lane = new GatewayLane(new OrderedSender<TokenBatch>(
        batch =>
        {
            _sent.Add(batch);
            return Task.CompletedTask;
        },
        _ => { }));

    [Fact]
    public void A_step_of_an_unchanged_batch_sends_the_same_events_again()
    {
        Batch(1, 2, 3);
        for (var step = 0; step < 2; step++) Step();
        _sent.Count.ShouldBe(2);
        _sent[1].Events.ShouldBeSameAs(_sent[0].Events);
        _sent[0].Events.ShouldBe([new TokenEvent(1, 1, null), new TokenEvent(2, 1, null), new TokenEvent(3, 1, null)]);
    }

    [Fact]
    public void An_end_travels_on_the_last_token_and_leaves_messages_that_are_out_as_they_were()
    {
        Batch(1, 2);
        Step();
        _lane.AddBatch();
        var end = new RequestEnd();
        _lane.End(2, end);
        _lane.Send("i", 0);
        _sent[1].Events.ShouldBe([new TokenEvent(1, 1, null), new TokenEvent(2, 1, end)]);
        _sent[0].Events[1].End.ShouldBeNull();
    }

    [Fact]
    public void What_else_a_step_says_comes_with_the_batch_in_one_message_and_in_order()
    {
        Batch(1);
        _lane.Add(new TokenEvent(8, 0, new RequestEnd()));
        _lane.AddBatch();
        _lane.Add(new TokenEvent(9, 1, null));
        _lane.Send("i", 0);
        _sent.Single().Events.Select(e => e.RequestId).ShouldBe([8L, 1L, 9L]);
    }

    [Fact]
    public void Nothing_to_say_is_not_said()
    {
        Batch();
        Step();
        _lane.Send("i", 0);
        _sent.ShouldBeEmpty();
    }

    private void Batch(params long[] members)
    {
        _lane.BeginBatch();
        foreach (var id in members) _lane.Join(id);
        _lane.EndBatch();
    }

    private void Step()
    {
        _lane.AddBatch();
        _lane.Send("i", 0);
    }
}
