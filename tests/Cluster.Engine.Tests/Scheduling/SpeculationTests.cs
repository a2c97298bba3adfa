using Cluster.Engine.Cost;
using Cluster.Engine.Requests;
using Cluster.Engine.Scheduling;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

public sealed class SpeculationTests
{
    [Theory]
    [InlineData(1, 0.6)]
    [InlineData(4, 0.0)]
    [InlineData(4, 0.8)]
    [InlineData(8, 0.9)]
    public void Tokens_per_pass_are_those_of_the_formula_within_sampling_error(int draftTokens, double acceptanceRate)
    {
        var speculation = new SpeculativeDecoding(DraftMethod.Eagle, draftTokens, acceptanceRate);
        var counters = Drain(Speculating(speculation), sequences: 16, output: 2000).State.Counters;
        // 32,000 tokens; a pass varies by at most (K + 1) ÷ 2, so three standard errors are below 3 %.
        (1 + (counters.AcceptedDraftTokens / (double)counters.Drafts)).ShouldBe(speculation.ExpectedTokensPerPass, 0.03 * speculation.ExpectedTokensPerPass);
    }

    [Fact]
    public void Every_sequence_gets_exactly_the_tokens_it_asked_for_and_every_block_comes_back()
    {
        foreach (var blocks in new[] { 40, 60, 10_000 })
        {
            var emitted = new Dictionary<long, int>();
            var instance = Drain(Speculating(new(DraftMethod.Eagle, 5, 0.8), blocks, blockSize: 4), sequences: 9, output: 50, emitted);
            emitted.Values.ShouldAllBe(tokens => tokens == 50);
            emitted.Count.ShouldBe(9);
            instance.State.Pool.Allocated.ShouldBe(0);
            instance.State.Decodes.ContextTokens.ShouldBe(0);
            instance.State.Pool.CheckIntegrity();
        }
    }

    [Fact]
    public void A_tokens_luck_does_not_depend_on_the_schedule()
    {
        var (roomy, tight) = (new Dictionary<long, int>(), new Dictionary<long, int>());
        var speculation = new SpeculativeDecoding(DraftMethod.Medusa, 3, 0.7);
        var calm = Drain(Speculating(speculation), 6, 100, roomy).State.Counters;
        var crowded = Drain(Speculating(speculation, maxNumSeqs: 2), 6, 100, tight).State.Counters;
        crowded.Steps.ShouldBeGreaterThan(calm.Steps);
        (crowded.Drafts, crowded.AcceptedDraftTokens).ShouldBe((calm.Drafts, calm.AcceptedDraftTokens));
        new DraftAcceptance(speculation, 1).Accepted(5, 17, 3).ShouldBe(new DraftAcceptance(speculation, 1).Accepted(5, 17, 3));
    }

    [Fact]
    public void No_more_is_drafted_than_the_token_budget_can_verify()
    {
        var instance = Speculating(new(DraftMethod.Eagle, 7, 0.9), maxNumBatchedTokens: 32);
        for (var i = 0; i < 10; i++) instance.Enqueue(new Sequence(Clusters.Request(i, 1, 40), 40), 0);
        var widest = 0;
        for (long now = 0; instance.TryBeginStep(now, out var step); now = step.DueNs)
        {
            step.Shape.TotalTokens.ShouldBeLessThanOrEqualTo(32);
            if (step.Shape.DecodeSequences == 10) widest = Math.Max(widest, step.Shape.DecodeTokensPerSequence);
            instance.EndStep(step.DueNs);
            instance.ClearEffects();
        }

        widest.ShouldBe(3);
    }

    [Fact]
    public void A_verifying_step_allocates_nothing()
    {
        var instance = Speculating(new(DraftMethod.Mtp, 3, 0.8));
        for (var i = 0; i < 32; i++) instance.Enqueue(new Sequence(Clusters.Request(i, 10, 100_000), 100_000), 0);
        long now = 0;
        for (var i = 0; i < 50; i++) Step();
        Allocations.Of(() =>
        {
            for (var i = 0; i < 200; i++) Step();
        }).ShouldBe(0);

        void Step()
        {
            instance.TryBeginStep(now, out var step);
            now = step.DueNs;
            instance.EndStep(now);
        }
    }

    private static Instance Speculating(SpeculativeDecoding speculation, long blocks = 100_000, int blockSize = 16, int maxNumSeqs = 256, int maxNumBatchedTokens = 2048)
    {
        var spec = Clusters.Instance(blocks: blocks, blockSize: blockSize, maxNumSeqs: maxNumSeqs, maxNumBatchedTokens: maxNumBatchedTokens);
        return new Instance(spec with { Deployment = spec.Deployment with { Speculation = speculation }, Seed = 3 }, reportTokens: true);
    }

    private static Instance Drain(Instance instance, int sequences, int output, Dictionary<long, int>? emitted = null)
    {
        for (var i = 0; i < sequences; i++) instance.Enqueue(new Sequence(Clusters.Request(i, 20, output), output), 0);
        for (long now = 0; instance.TryBeginStep(now, out var step); now = step.DueNs)
        {
            instance.State.Pool.CheckIntegrity();
            instance.EndStep(step.DueNs);
            foreach (var token in instance.Tokens)
                if (emitted is not null) emitted[token.Sequence.Id] = emitted.GetValueOrDefault(token.Sequence.Id) + token.Count;
            instance.ClearEffects();
        }

        return instance;
    }
}
