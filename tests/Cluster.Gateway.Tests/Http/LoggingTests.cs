using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Cluster.Gateway.Tests.Http;

public sealed class LoggingTests
{
    [Theory]
    [InlineData("/v1/completions", "{", 400)]
    [InlineData("/v1/completions", """{"prompt":"a","max_tokens":-5}""", 400)]
    [InlineData("/v1/completions", """{"prompt":"a","model":"forged\nerror: all is lost"}""", 404)]
    [InlineData("/v1/completions", """{"prompt":[1],"max_tokens":999999999}""", 400)]
    [InlineData("/v1/nothing", "{}", 404)]
    [InlineData("/admin/topology", "{}", 401)]
    public async Task What_is_refused_is_logged_once_and_without_what_the_client_said(string path, string body, int status)
    {
        var log = new Log();
        await using var gateway = await TestGateway.StartAsync(
            options: new GatewayOptions { AdminToken = "the-token" },
            configure: builder => builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Information).AddProvider(log));
        gateway.Client.DefaultRequestHeaders.Authorization = new("Bearer", "a-guess");
        log.Entries.Clear();

        (await gateway.PostErrorAsync(path, body)).Status.ShouldBe(status);

        var entry = log.Entries.Where(e => e.Category.StartsWith("Cluster.", StringComparison.Ordinal)).ShouldHaveSingleItem();
        entry.Text.ShouldContain($" {status} ");
        log.Entries.ShouldAllBe(e => e.Level < LogLevel.Warning && !e.Text.Contains("forged") && !e.Text.Contains("a-guess") && !e.Text.Contains("the-token"));
    }

    private sealed class Log : ILoggerProvider
    {
        public ConcurrentQueue<(string Category, LogLevel Level, string Text)> Entries { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Writer(categoryName, Entries);

        public void Dispose()
        {
        }

        private sealed class Writer(string category, ConcurrentQueue<(string Category, LogLevel Level, string Text)> entries) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                entries.Enqueue((category, logLevel, formatter(state, exception)));
        }
    }
}
