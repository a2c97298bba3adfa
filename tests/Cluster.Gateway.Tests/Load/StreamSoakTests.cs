using Cluster.Gateway.Backend;
using Cluster.Gateway.Hosting;
using Cluster.Load.Soak;
using Microsoft.Extensions.DependencyInjection;

namespace Cluster.Gateway.Tests.Load;

public sealed class StreamSoakTests
{
    [Fact]
    public async Task At_the_limit_every_stream_is_accounted_for_at_both_ends()
    {
        await using var gateway = await TestGateway.StartAsync(
            new EchoOptions { TimePerOutputToken = TimeSpan.FromMilliseconds(3) }, new GatewayOptions { MaxConcurrentRequests = 20 });
        var plan = new SoakPlan(30, TimeSpan.FromSeconds(1), Seed: 3) { HangUpShare = 0.2, HalfCloseShare = 0.2, SlowShare = 0.2, Pause = TimeSpan.FromMilliseconds(50) };

        var soak = StreamSoak.RunAsync(gateway.Address, plan, null, TestContext.Current.CancellationToken);
        // Asked of the gateway: a client that is behind has not read the ends of streams whose places are others' by then.
        while (!soak.IsCompleted)
        {
            gateway.Backend.LoadSnapshot().Running.ShouldBeLessThanOrEqualTo(20);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        var outcome = await soak;
        outcome.Faults.ShouldBeEmpty();
        (outcome.Failed, outcome.Unaccounted).ShouldBe((0, 0));
        foreach (var count in (long[])[outcome.Completed, outcome.Refused, outcome.Disconnected]) count.ShouldBeGreaterThan(0);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (gateway.App.Services.GetRequiredService<Admission>().Open > 0) await Task.Delay(1, limit.Token);
        (gateway.Backend.Completed + gateway.Backend.Aborted).ShouldBe(gateway.Backend.Submitted);
        ((long)gateway.Backend.Submitted).ShouldBe(outcome.Sent - outcome.Refused);
    }
}
