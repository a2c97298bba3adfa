using Cluster.Engine.Requests;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

/// <summary>Which sequences a driver is told have a token, and how little it has to look at.</summary>
public sealed class DecodedTests
{
    private readonly Instance _instance = new(Clusters.Instance(), reportTokens: true);
    private long _nowNs;

    [Fact]
    public void A_batch_that_stays_as_it_is_is_the_same_object_step_after_step()
    {
        Enqueue(0, output: 50);
        Enqueue(1, output: 50);
        Step().ShouldBeEmpty();
        var first = Step();
        Ids(first).ShouldBe([0L, 1L]);
        Step().ShouldBeSameAs(first);
    }

    [Fact]
    public void Whoever_joins_or_leaves_is_seen_at_once()
    {
        Enqueue(0, output: 50);
        Enqueue(1, output: 3);
        Step();
        Ids(Step()).ShouldBe([0L, 1L]);
        Enqueue(2, output: 50);
        // The second has its third and last token with this step, in which the third computes its prompt.
        Ids(Step()).ShouldBe([0L, 1L]);
        Ids(Step()).ShouldBe([0L, 2L]);
    }

    [Fact]
    public void Each_output_token_is_told_of_once()
    {
        var told = new Dictionary<long, int>();
        for (var id = 0; id < 12; id++)
        {
            Enqueue(id, output: 1 + id % 5);
            Run(told);
        }

        for (var i = 0; i < 10; i++) Run(told);
        foreach (var (id, count) in told) count.ShouldBe(1 + (int)id % 5, $"request {id}");
        told.Count.ShouldBe(12);
    }

    private void Run(Dictionary<long, int> told)
    {
        if (!_instance.TryBeginStep(_nowNs, out var step)) return;
        _instance.EndStep(_nowNs = step.DueNs);
        foreach (var sequence in _instance.Decoded) told[sequence.Id] = told.GetValueOrDefault(sequence.Id) + 1;
        foreach (var (sequence, count) in _instance.Tokens) told[sequence.Id] = told.GetValueOrDefault(sequence.Id) + count;
    }

    private IReadOnlyList<Sequence> Step()
    {
        _instance.TryBeginStep(_nowNs, out var step).ShouldBeTrue();
        _instance.EndStep(_nowNs = step.DueNs);
        return _instance.Decoded;
    }

    private void Enqueue(long id, int output) => _instance.Enqueue(new Sequence(Clusters.Request(id, 16, output), output), _nowNs);

    private static IEnumerable<long> Ids(IEnumerable<Sequence> sequences) => sequences.Select(s => s.Id);
}
