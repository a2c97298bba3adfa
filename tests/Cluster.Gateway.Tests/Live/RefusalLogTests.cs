using Cluster.Gateway.Live;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Cluster.Gateway.Tests.Live;

/// <summary>What a gateway says of instances that take no requests.</summary>
public sealed class RefusalLogTests
{
    private readonly KeptLog _log = new();
    private readonly RefusalLog _refusals = new();

    [Fact]
    public void An_instance_that_cannot_be_reached_is_told_of_once_until_it_takes_requests_again()
    {
        for (var request = 0; request < 3; request++) _refusals.NotTaken(_log, request, "decode-1", new SiloUnavailableException("Its silo is gone."));
        _refusals.NotTaken(_log, 3, "decode-2", new TimeoutException());
        _log.Lines.ShouldBe(["decode-1 cannot be reached: requests that were for it are placed anew.", "decode-2 cannot be reached: requests that were for it are placed anew."]);
        _log.Failures.ShouldBeEmpty("the stack of a call whose other end is gone says nothing");

        _refusals.Taken("decode-1");
        _refusals.NotTaken(_log, 4, "decode-1", new SiloUnavailableException("Its silo is gone."));
        _log.Lines.Count.ShouldBe(3);
    }

    [Fact]
    public void A_fault_of_ours_is_told_each_time_and_whole()
    {
        var fault = new InvalidOperationException("A bug.");
        for (var request = 0; request < 2; request++) _refusals.NotTaken(_log, request, "decode-1", fault);
        _log.Lines.ShouldBe(["Request 0 was not taken by decode-1; it is placed anew.", "Request 1 was not taken by decode-1; it is placed anew."]);
        _log.Failures.ShouldBe([fault, fault]);
    }

    private sealed class KeptLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public List<Exception> Failures { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Add(formatter(state, exception));
            if (exception is not null) Failures.Add(exception);
        }
    }
}
