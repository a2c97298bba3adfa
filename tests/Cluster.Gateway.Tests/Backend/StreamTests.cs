using Cluster.Gateway.Backend;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Backend;

public sealed class StreamTests
{
    private static readonly StreamEnd.Finished End = new(FinishReason.Length, new StreamUsage(0, 3));

    [Fact]
    public async Task What_a_slow_reader_missed_adds_up()
    {
        var stream = new PushStream(1);
        stream.Push(2, 10);
        stream.Push(3, 20);
        (await stream.ReadAsync()).ShouldBe(new TokenDelta(5, 20, null));
        stream.Push(1, 30, End);
        (await stream.ReadAsync()).ShouldBe(new TokenDelta(1, 30, End));
    }

    [Fact]
    public async Task A_stream_ends_exactly_once()
    {
        var stream = new PushStream(1);
        stream.Push(0, 1, End).ShouldBeTrue();
        stream.Push(1, 2).ShouldBeFalse();
        stream.Push(0, 3, new StreamEnd.Aborted(default)).ShouldBeFalse();
        (await stream.ReadAsync()).End.ShouldBe(End);
    }

    [Fact]
    public async Task Cancelling_tells_the_producer_once_and_not_after_the_end()
    {
        var told = 0;
        var stream = new PushStream(1, _ => told++);
        stream.Cancel();
        stream.Cancel();
        told.ShouldBe(1);
        var ended = new PushStream(2, _ => told++);
        ended.Push(1, 1, End);
        ended.Cancel();
        told.ShouldBe(1);
        (await ended.ReadAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_second_reader_at_once_is_a_mistake_that_is_told()
    {
        var stream = new PushStream(1);
        var waiting = stream.ReadAsync();
        await Should.ThrowAsync<InvalidOperationException>(async () => await stream.ReadAsync());
        stream.Push(1, 1, End);
        (await waiting).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_fanout_brings_each_stream_all_its_tokens_and_then_its_end()
    {
        var fanout = new StreamFanout(lanes: 3);
        var streams = Enumerable.Range(0, 50).Select(i => fanout.Add(i)).ToArray();
        var readers = streams.Select(ReadAllAsync).ToArray();
        for (var step = 0; step < 200; step++)
            fanout.Publish([.. streams.Select(s => new StepOutput(s.Id, 1, step == 199 ? End : null))], step);
        (await Task.WhenAll(readers)).ShouldAllBe(tokens => tokens == 200);
        fanout.Open.ShouldBe(0);
        fanout.Publish([new StepOutput(7, 1)], 0);
    }

    [Fact]
    public void Pushing_and_reading_allocate_nothing_per_token()
    {
        var stream = new PushStream(1);
        Allocations.Of(() =>
        {
            for (var i = 0; i < 10_000; i++) Cycle();
        }).ShouldBe(0);

        void Cycle()
        {
            stream.Push(1, 1);
            var read = stream.ReadAsync();
            if (read.IsCompleted) read.GetAwaiter().GetResult().Count.MustBe(1);
        }
    }

    private static async Task<int> ReadAllAsync(PushStream stream)
    {
        var tokens = 0;
        while (true)
        {
            var delta = await stream.ReadAsync();
            tokens += delta.Count;
            if (delta.End is not null) return tokens;
        }
    }
}

internal static class CheapAssertions
{
    /// <summary>An assertion that does not allocate, for measuring allocations.</summary>
    public static void MustBe(this int actual, int expected)
    {
        if (actual != expected) throw new InvalidOperationException($"{actual} instead of {expected}");
    }
}
