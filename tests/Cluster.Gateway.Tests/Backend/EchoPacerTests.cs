using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.Backend;

public sealed class EchoPacerTests
{
    [Fact]
    public async Task A_pacer_that_is_late_emits_all_that_is_due_at_once_and_no_more()
    {
        using var backend = new EchoBackend();
        var stream = new PushStream(1);
        var end = new StreamEnd.Finished(FinishReason.Length, new StreamUsage(0, 6));
        var paced = new PacedStream(backend, stream, 6, end) { DueTicks = 1000 };

        paced.Emit(nowTicks: 1000, gapTicks: 100).ShouldBeTrue();
        (await stream.ReadAsync()).Count.ShouldBe(1);
        paced.Emit(nowTicks: 1350, gapTicks: 100).ShouldBeTrue();
        (await stream.ReadAsync()).Count.ShouldBe(3, "those of 1100, 1200 and 1300");
        paced.DueTicks.ShouldBe(1400);
        paced.Emit(nowTicks: 9000, gapTicks: 100).ShouldBeFalse();
        var last = await stream.ReadAsync();
        (last.Count, last.End).ShouldBe((2, end));
    }

    [Fact]
    public void Streams_of_a_slot_keep_their_order_and_those_of_a_later_turn_stay()
    {
        using var backend = new EchoBackend();
        var wheel = new PacerWheel(ticksPerSlot: 10);
        wheel.SkipTo(100);
        var streams = Enumerable.Range(0, 5).Select(i => Paced(105 + i % 2 * 40_960)).ToList();
        streams.ForEach(wheel.Insert);
        wheel.Insert(Paced(20));

        List<PacedStream> taken = [];
        wheel.TakeNext(taken);
        taken.Select(t => t.DueTicks).ShouldBe([20], "late: now");
        taken.Clear();
        wheel.TakeNext(taken);
        taken.ShouldBe([streams[0], streams[2], streams[4]]);
        taken.Clear();
        while (wheel.NextTicks <= 110 + 40_960) wheel.TakeNext(taken);
        taken.ShouldBe([streams[1], streams[3]]);

        PacedStream Paced(long dueTicks) => new(backend, new PushStream(1), 1, new StreamEnd.Finished(FinishReason.Length, default)) { DueTicks = dueTicks };
    }
}
