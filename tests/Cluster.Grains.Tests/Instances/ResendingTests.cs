using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Grains.Tests.Instances;

/// <summary>Messages that must not be lost while the cluster settles.</summary>
public sealed class ResendingTests
{
    private int _tries;

    [Fact]
    public async Task What_does_not_arrive_is_sent_again_until_it_does()
    {
        await new Resending(TimeSpan.Zero, 10).InsistAsync(Send(failures: 4), () => Send(failures: 4), NullLogger.Instance, "prefill-0");
        _tries.ShouldBe(5, "four were lost");
    }

    [Fact]
    public async Task What_never_arrives_is_given_up_and_said_to_be()
    {
        var log = new Warnings();
        await new Resending(TimeSpan.Zero, 3).InsistAsync(Send(failures: 99), () => Send(failures: 99), log, "prefill-0");
        _tries.ShouldBe(3);
        log.Said.ShouldHaveSingleItem().ShouldBe("prefill-0 could not reach another grain with news of a hand-over in 3 tries; the KV of its request may be held until its instances begin anew.");
    }

    [Fact]
    public void What_arrives_at_once_is_sent_once_and_a_runtime_that_refuses_at_once_harms_nobody()
    {
        Resending.Default.Send(() => Send(failures: 0), NullLogger.Instance, "prefill-0");
        _tries.ShouldBe(1);
        Should.NotThrow(() => new Resending(TimeSpan.Zero, 1).Send(() => throw new InvalidOperationException("stopped"), NullLogger.Instance, "prefill-0"));
    }

    [Theory]
    [InlineData(typeof(IPrefillGrain))]
    [InlineData(typeof(IDecodeGrain))]
    [InlineData(typeof(IInstanceGrain))]
    [InlineData(typeof(ILinkGrain))]
    public void News_of_hand_overs_is_answered_or_nobody_would_know_that_it_is_lost(Type grain) =>
        grain.GetMethods().Where(m => m.IsDefined(typeof(Orleans.Concurrency.OneWayAttribute), inherit: false)).Select(m => m.Name).ShouldBeEmpty();

    private Task Send(int failures) => _tries++ < failures ? Task.FromException(new InvalidOperationException("Unable to connect")) : Task.CompletedTask;

    private sealed class Warnings : Microsoft.Extensions.Logging.ILogger
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Said.Add(formatter(state, exception));
    }
}
