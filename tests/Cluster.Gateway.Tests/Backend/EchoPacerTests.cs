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
}
