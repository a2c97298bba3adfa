using Cluster.Engine.Requests;
using Cluster.Testing;

namespace Cluster.Engine.Tests.KvCache;

public sealed class CopyOnWriteTests
{
    [Fact]
    public void Samples_of_one_prompt_copy_its_unfilled_block_and_compute_one_token()
    {
        var instance = New(copies: true);
        // 60 tokens: three full blocks and 12 more. The last token of a prompt is always computed.
        Prefill(instance, Sample(0)).CachedTokens.ShouldBe(0);
        Prefill(instance, Sample(1)).CachedTokens.ShouldBe(59);
        Prefill(instance, Sample(2)).CachedTokens.ShouldBe(59);
        instance.State.Counters.CopiedBlocks.ShouldBe(2);
        instance.State.Pool.Referenced.ShouldBe(3);
        instance.State.Pool.Allocated.ShouldBe(3);
        var without = New(copies: false);
        Prefill(without, Sample(0));
        Prefill(without, Sample(1)).CachedTokens.ShouldBe(48);
    }

    [Fact]
    public void Prompts_that_part_within_a_block_share_it_up_to_there()
    {
        var instance = New(copies: true);
        Prefill(instance, Of(0, new ContentSegment(7, 55), new ContentSegment(100, 40)));
        Prefill(instance, Of(1, new ContentSegment(7, 55), new ContentSegment(101, 40))).CachedTokens.ShouldBe(55);
        Prefill(instance, Of(2, new ContentSegment(7, 50), new ContentSegment(102, 45))).CachedTokens.ShouldBe(50);
        Prefill(instance, Of(3, new ContentSegment(8, 95))).CachedTokens.ShouldBe(0);
    }

    [Fact]
    public void Nothing_is_copied_from_a_sequence_that_has_left()
    {
        var instance = New(copies: true);
        instance.Abort(Prefill(instance, Sample(0)), 0);
        instance.State.Partials.Count.ShouldBe(0);
        Prefill(instance, Sample(1)).CachedTokens.ShouldBe(48);
    }

    private static Instance New(bool copies)
    {
        var spec = Clusters.Instance(blocks: 100);
        return new Instance(spec with { Kv = spec.Kv with { CopyOnPartialReuse = copies } });
    }

    private static RequestSpec Sample(long id) => Of(id, new ContentSegment(7, 60), new ContentSegment((ulong)id + 100, 35));

    private static RequestSpec Of(long id, params ContentSegment[] segments) => Clusters.Request(id, 60, 30, content: new TokenContent([.. segments]));

    /// <summary>Runs one step, in which the prompt is computed beside those that decode.</summary>
    private static Sequence Prefill(Instance instance, RequestSpec request)
    {
        var sequence = new Sequence(request, request.OutputTokens);
        instance.Enqueue(sequence, 0);
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        instance.EndStep(step.DueNs);
        instance.State.Pool.CheckIntegrity();
        return sequence;
    }
}
