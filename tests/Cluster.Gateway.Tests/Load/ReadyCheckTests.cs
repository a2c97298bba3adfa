using Cluster.Load;

namespace Cluster.Gateway.Tests.Load;

/// <summary>A load that comes before its endpoint serves.</summary>
public sealed class ReadyCheckTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_load_waits_for_an_endpoint_that_is_starting_and_loses_no_request()
    {
        await using var gateway = await StartingGateway.StartAsync();
        var waits = 0;

        (await ReadyCheck.WaitAsync(gateway.Address, new LoadOptions(), s_long, Begin)).ShouldBe(Readiness.Ready);

        waits.ShouldBe(1);
        var result = await LoadDriver.RunAsync(gateway.Address, LoadDriverTests.Requests(8, input: 16, output: 4, gapMs: 0), new LoadOptions());
        result.Records.ShouldAllBe(r => r.Outcome == LoadOutcome.Completed);

        void Begin()
        {
            waits++;
            gateway.Stand();
        }
    }

    [Fact]
    public async Task An_endpoint_that_goes_on_starting_is_given_up()
    {
        await using var gateway = await StartingGateway.StartAsync();
        (await ReadyCheck.WaitAsync(gateway.Address, new LoadOptions(), TimeSpan.Zero, () => { })).ShouldBe(Readiness.Starting);
        gateway.Submitted.ShouldBe(0);
    }

    [Fact]
    public async Task An_endpoint_that_serves_is_not_waited_for()
    {
        await using var gateway = await StartingGateway.StartAsync();
        gateway.Stand();
        (await ReadyCheck.WaitAsync(gateway.Address, new LoadOptions(), s_long, Unexpected)).ShouldBe(Readiness.Ready);
        // Nothing is known of the health of what is below a path that is not there: its requests tell.
        (await ReadyCheck.WaitAsync(new Uri(gateway.Address, "/elsewhere"), new LoadOptions(), s_long, Unexpected)).ShouldBe(Readiness.Ready);
    }

    [Fact]
    public async Task An_address_where_nobody_listens_is_said_at_once() =>
        (await ReadyCheck.WaitAsync(new Uri("http://127.0.0.1:1"), new LoadOptions(), s_long, Unexpected)).ShouldBe(Readiness.Unreachable);

    [Fact]
    public async Task A_wait_ends_when_the_load_is_interrupted()
    {
        await using var gateway = await StartingGateway.StartAsync();
        using var interrupted = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => ReadyCheck.WaitAsync(gateway.Address, new LoadOptions(), s_long, interrupted.Cancel, interrupted.Token));
    }

    private static void Unexpected() => throw new InvalidOperationException("There is nothing to wait for.");
}
