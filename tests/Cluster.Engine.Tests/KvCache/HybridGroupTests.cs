using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.KvCache;

/// <summary>Full attention, windows and states in one pool, as vLLM's hybrid KV cache manager keeps them.</summary>
public sealed class HybridGroupTests
{
    private const int Block = 16;
    private static readonly KvGroupSpec s_window = new(KvGroupKind.Window, 1, 128);
    private static readonly KvGroupSpec s_state = new(KvGroupKind.State, 5, 0);

    [Fact]
    public void A_window_of_128_touches_eight_blocks_or_nine_and_a_chunk_holds_its_own_beside_them()
    {
        (s_window.BlocksNeeded(Block), s_window.BlocksKept(Block)).ShouldBe((8, 9));
        s_window.PagesFor(40, Block).ShouldBe(3);
        s_window.PagesFor(100_000, Block).ShouldBe(9);
        // Tokens 1,000 … 1,999 see from 873 on: blocks 54 … 124.
        s_window.PagesDuring(1000, 1000, Block).ShouldBe(71);
        s_state.PagesFor(100_000, Block).ShouldBe(5);
        s_state.PagesFor(0, Block).ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void At_every_step_sequences_hold_what_each_group_keeps_of_them_and_nothing_else(ulong seed)
    {
        var random = new RandomStream(seed, "hybrid");
        ImmutableArray<KvGroupSpec> groups = [s_window with { Tokens = random.NextInt(1, 200), Pages = 2 }, s_window with { Tokens = random.NextInt(1, 100) }, s_state];
        var instance = Make(4000, groups, prefixCaching: false, budget: 300);
        var sequences = Enumerable.Range(0, 12).Select(i => new Sequence(Clusters.Request(i, random.NextInt(1, 700), random.NextInt(2, 200)), 0x7FFF)).ToList();
        sequences = [.. sequences.Select(s => new Sequence(s.Request, s.Request.OutputTokens))];
        foreach (var sequence in sequences) instance.Enqueue(sequence, 0);
        for (long now = 0; instance.TryBeginStep(now, out var step); now = step.DueNs)
        {
            instance.EndStep(step.DueNs);
            instance.ClearEffects();
            instance.State.Pool.CheckIntegrity();
            var expected = sequences.Where(s => s.Status is SequenceStatus.Prefilling or SequenceStatus.Decoding).Sum(s =>
            {
                var computed = s.Status == SequenceStatus.Decoding ? instance.State.Decodes.ComputedOf(s) : s.Computed;
                return ((computed + Block - 1) / Block) + groups.Sum(g => g.PagesFor(computed, Block));
            });
            (instance.State.Pool.Allocated + instance.State.Pool.Referenced).ShouldBe(expected);
        }

        sequences.ShouldAllBe(s => s.Timeline.FinishedNs > 0);
        (instance.State.Pool.Free, instance.State.PromisedBlocks).ShouldBe((4000, 0));
    }

    [Fact]
    public void A_prefix_can_be_reused_only_where_its_window_is_still_cached()
    {
        var instance = Make(400, [s_window]);
        // A system prompt of 800 tokens, and a question of 800.
        Serve(instance, 0, TokenContent.Unique(9, 1600), 1600, first: 0);
        var keys = TokenContent.Unique(9, 1600).BlockChain(Block).Take(50);
        (instance.State.Pool.CountPrefix(keys), instance.State.Pool.CountUsable(keys, 50)).ShouldBe((50, 50));
        // Other prompts push out what was used longest ago: the windows passed in the middle of the prompt.
        for (var id = 1; instance.State.Pool.CountUsable(keys, 50) == 50; id++)
            Serve(instance, id, TokenContent.Unique((ulong)id + 50, 340), 320, first: id * Time.Second);
        keys = TokenContent.Unique(9, 1600).BlockChain(Block).Take(50);
        instance.State.Pool.CountPrefix(keys).ShouldBe(50, "full attention still has it all");
        var usable = instance.State.Pool.CountUsable(keys, 50);
        usable.ShouldBeLessThan(50);
        TokenContent follower = new([new ContentSegment(9, 800), new ContentSegment(77, 100)]);
        Serve(instance, 500, follower, 899, first: 100 * Time.Second).CachedTokens.ShouldBe(usable * Block);
    }

    [Fact]
    public void A_state_is_cached_after_each_chunk_and_after_the_answer_and_nowhere_between()
    {
        var instance = Make(4000, [s_state], budget: 480);
        Serve(instance, 0, TokenContent.Unique(9, 1100), 1000, first: 0, output: 24);
        // Chunks end at 480, 960 and 1,000, of which 992 fill blocks; the answer's last computed token is 1,023.
        int Usable(int tokens) => instance.State.Pool.CountUsable(TokenContent.Unique(9, 1100).BlockChain(Block), tokens / Block) * Block;
        (Usable(470), Usable(900), Usable(980), Usable(1000), Usable(1023)).ShouldBe((0, 480, 960, 992, 1008));
    }

    [Fact]
    public void Windows_leave_room_for_more_sequences_than_full_attention_everywhere()
    {
        static int Running(ImmutableArray<KvGroupSpec> groups, int pagesPerBlock)
        {
            // As many pages either way: without groups a block of all layers is as large as two pages.
            var instance = Make(8000 / pagesPerBlock, groups, budget: 100_000);
            for (var i = 0; i < 60; i++) instance.Enqueue(new Sequence(Clusters.Request(i, 4000, 50), 50), 0);
            for (var (now, steps) = (0L, 0); steps < 40 && instance.TryBeginStep(now, out var step); steps++) instance.EndStep(now = step.DueNs);
            return instance.State.Running;
        }

        Running([s_window], 1).ShouldBeGreaterThan((int)(1.8 * Running([], 2)));
    }

    [Fact]
    public void A_prompt_whose_widest_chunk_can_never_fit_is_turned_away_instead_of_waiting_for_ever()
    {
        var instance = Make(120, [s_window with { Pages = 3 }], budget: 800);
        instance.Enqueue(new Sequence(Clusters.Request(0, 800, 1), 1), 0);
        instance.Effects.ShouldHaveSingleItem().Kind.ShouldBe(InstanceEffectKind.Rejected);
    }

    private static Instance Make(long blocks, ImmutableArray<KvGroupSpec> groups, bool prefixCaching = true, int budget = 2048)
    {
        var spec = Clusters.Instance(blocks: blocks, blockSize: Block, maxNumSeqs: 64, maxNumBatchedTokens: budget, cost: new LinearCost());
        return new Instance(spec with { Kv = spec.Kv with { Groups = groups, EnablePrefixCaching = prefixCaching } });
    }

    private static Sequence Serve(Instance instance, long id, TokenContent content, int input, long first, int output = 1)
    {
        var sequence = new Sequence(Clusters.Request(id, input, output, first, content), output);
        instance.Enqueue(sequence, first);
        for (var now = first; instance.TryBeginStep(now, out var step); now = step.DueNs)
        {
            instance.EndStep(step.DueNs);
            instance.ClearEffects();
            instance.State.Pool.CheckIntegrity();
        }

        return sequence;
    }
}
