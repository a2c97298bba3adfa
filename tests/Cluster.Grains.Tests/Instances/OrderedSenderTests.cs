using Cluster.Grains.Instances;

namespace Cluster.Grains.Tests.Instances;

public sealed class OrderedSenderTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly Queue<TaskCompletionSource> _answers = new();
    private readonly List<int> _sent = [];
    private readonly TaskCompletionSource<Exception> _failure = new();

    [Fact]
    public async Task The_next_message_leaves_when_the_one_before_it_was_answered()
    {
        var sender = Sender();
        foreach (var message in new[] { 1, 2, 3 }) sender.Send(message);
        _sent.ShouldBe([1]);
        _answers.Dequeue().SetResult();
        await UntilSentAsync(2);
        _answers.Dequeue().SetResult();
        await UntilSentAsync(3);
        _sent.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void A_message_that_finds_the_last_one_answered_leaves_at_once()
    {
        var sender = Sender();
        for (var message = 1; message <= 3; message++)
        {
            sender.Send(message);
            _sent.Count.ShouldBe(message);
            _answers.Dequeue().SetResult();
        }
    }

    [Fact]
    public async Task A_message_that_is_lost_is_told_of_and_holds_nothing_up()
    {
        var sender = Sender();
        sender.Send(1);
        sender.Send(2);
        _answers.Dequeue().SetException(new InvalidOperationException("gone"));
        (await _failure.Task.WaitAsync(s_patience)).Message.ShouldBe("gone");
        await UntilSentAsync(2);
    }

    [Fact]
    public async Task A_receiver_that_refuses_the_call_itself_counts_as_a_message_lost()
    {
        var sender = new OrderedSender<int>(_ => throw new InvalidOperationException("no"), failure => _failure.TrySetResult(failure));
        sender.Send(1);
        (await _failure.Task.WaitAsync(s_patience)).Message.ShouldBe("no");
    }

    private OrderedSender<int> Sender() => new(
        message =>
        {
            var answer = new TaskCompletionSource();
            _answers.Enqueue(answer);
            _sent.Add(message);
            return answer.Task;
        },
        failure => _failure.TrySetResult(failure));

    private async Task UntilSentAsync(int count)
    {
        using var limit = new CancellationTokenSource(s_patience);
        for (; _sent.Count < count; await Task.Yield()) limit.Token.ThrowIfCancellationRequested();
    }
}
