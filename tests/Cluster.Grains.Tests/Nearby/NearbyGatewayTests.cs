using Cluster.Grains.Messages;
using Cluster.Grains.Nearby;

namespace Cluster.Grains.Tests.Nearby;

public sealed class NearbyGatewayTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Tokens_are_with_the_gateway_when_the_call_returns()
    {
        var heard = new List<long>();
        var way = new NearbyGateway(new Listener(batch => heard.Add(batch.EmittedNs)));
        way.DeliverAsync(Batch(1)).IsCompletedSuccessfully.ShouldBeTrue();
        heard.ShouldBe([1]);
    }

    [Fact]
    public async Task Who_comes_while_another_delivers_leaves_his_there_and_goes()
    {
        var heard = new List<long>();
        using var isIn = new ManualResetEventSlim();
        using var mayLeave = new ManualResetEventSlim();
        var way = new NearbyGateway(new Listener(batch =>
        {
            heard.Add(batch.EmittedNs);
            if (batch.EmittedNs != 0) return;
            isIn.Set();
            mayLeave.Wait(s_patience).ShouldBeTrue();
        }));
        var first = Task.Factory.StartNew(() => way.DeliverAsync(Batch(0)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        isIn.Wait(s_patience).ShouldBeTrue();
        var others = Enumerable.Range(1, 20).Select(i => way.DeliverAsync(Batch(i))).ToList();
        others.ShouldAllBe(other => !other.IsCompleted);
        heard.ShouldBe([0]);
        mayLeave.Set();
        await Task.WhenAll(others.Prepend(first)).WaitAsync(s_patience);
        heard.ShouldBe(Enumerable.Range(0, 21).Select(i => (long)i));
    }

    [Fact]
    public async Task What_a_gateway_throws_reaches_whoever_sent_it_and_nobody_else()
    {
        var way = new NearbyGateway(new Listener(batch =>
        {
            if (batch.EmittedNs == 1) throw new InvalidOperationException("no");
        }));
        await Should.ThrowAsync<InvalidOperationException>(() => way.DeliverAsync(Batch(1)));
        await way.DeliverAsync(Batch(2)).WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_gateway_that_answers_later_is_told_the_next_when_it_has_answered()
    {
        var answers = new List<TaskCompletionSource>();
        var way = new NearbyGateway(new Listener(_ => { }, () =>
        {
            answers.Add(new TaskCompletionSource());
            return answers[^1].Task;
        }));
        var (first, second) = (way.DeliverAsync(Batch(1)), way.DeliverAsync(Batch(2)));
        answers.Count.ShouldBe(1);
        answers[0].SetResult();
        await first.WaitAsync(s_patience);
        SpinWait.SpinUntil(() => answers.Count == 2, s_patience).ShouldBeTrue();
        second.IsCompleted.ShouldBeFalse();
        answers[1].SetResult();
        await second.WaitAsync(s_patience);
    }

    private static TokenBatch Batch(long number) => new("i", number, []);

    private sealed class Listener(Action<TokenBatch> hear, Func<Task>? answer = null) : IGatewayObserver
    {
        public Task OnTokensAsync(TokenBatch batch)
        {
            hear(batch);
            return answer?.Invoke() ?? Task.CompletedTask;
        }
    }
}
