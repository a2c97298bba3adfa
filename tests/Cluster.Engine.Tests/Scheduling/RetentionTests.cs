using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

public sealed class RetentionTests
{
    [Theory]
    [InlineData(16, 100)]
    [InlineData(16, 97)]
    [InlineData(1, 33)]
    [InlineData(8, 64)]
    public void A_sequence_stops_growing_at_the_bound_and_gives_everything_back(int blockSize, int bound)
    {
        var spec = Clusters.Instance(blocks: 10_000, blockSize: blockSize, maxNumBatchedTokens: 40, cost: new LinearCost(boundedContext: bound));
        var instance = new Instance(spec with { Kv = spec.Kv with { ForgetsBeyondBound = true } });
        foreach (var (id, input) in new[] { (0, 20), (1, 30), (2, bound - 1), (3, bound), (4, 300) })
            instance.Enqueue(new Sequence(Clusters.Request(id, input, 150), 150), 0);
        long most = 0;
        for (long now = 0; instance.TryBeginStep(now, out var step); now = step.DueNs)
        {
            instance.State.Pool.CheckIntegrity();
            most = Math.Max(most, instance.State.Pool.Allocated + instance.State.Pool.Referenced);
            instance.EndStep(step.DueNs);
            instance.ClearEffects();
        }

        most.ShouldBe(5 * ((bound - 1 + blockSize - 1) / blockSize));
        (instance.State.Pool.Allocated, instance.State.Pool.Referenced, instance.State.PromisedBlocks).ShouldBe((0, 0, 0));
    }

    [Fact]
    public void A_prompt_longer_than_the_pool_runs_when_its_KV_is_bounded()
    {
        var spec = Clusters.Instance(blocks: 10, cost: new LinearCost(boundedContext: 100));
        var request = Clusters.Request(0, 1000, 10);
        var whole = new Instance(spec);
        whole.Enqueue(new Sequence(request, 10), 0);
        whole.Effects.ShouldHaveSingleItem().Kind.ShouldBe(InstanceEffectKind.Rejected);
        var bounded = new Instance(spec with { Kv = spec.Kv with { ForgetsBeyondBound = true } });
        bounded.Enqueue(new Sequence(request, 10), 0);
        bounded.Effects.ShouldBeEmpty();
        bounded.TryBeginStep(Time.Second, out var step).ShouldBeTrue();
        step.Shape.PrefillTokens.ShouldBe(1000);
    }
}
