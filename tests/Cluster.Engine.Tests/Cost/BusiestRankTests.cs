using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Cost;

/// <summary>Chance gives one expert-parallel rank more than the mean, and the step waits for it.</summary>
public sealed class BusiestRankTests
{
    private const int Draws = 300;

    private static readonly Roof s_roof = new(1e15, 4e12, 132);
    private static readonly MoeCurve s_curve = new(0.7, 0.9, 2e-5, 1e-8, 0, 2, 50, 1, 1, 1.3, 128, true, 1, 20, 0.1, 1e8);

    [Theory]
    [InlineData(4, 128, 8, 8, 0.07)]
    [InlineData(16, 64, 6, 2, 0.04)]
    [InlineData(16, 128, 8, 4, 0.04)]
    [InlineData(32, 256, 8, 8, 0.03)]
    [InlineData(64, 256, 8, 32, 0.04)]
    [InlineData(64, 128, 4, 8, 0.04)]
    [InlineData(128, 128, 8, 8, 0.02)]
    public void The_busiest_rank_gets_what_drawing_experts_by_chance_gives_it(int tokens, int experts, int active, int ranks, double tolerance)
    {
        var (choices, chosen) = Drawn(tokens, experts, active, ranks);
        var mean = (double)tokens * active / ranks;
        (mean * Kernels.BusiestRankLoad(tokens, active, ranks)).ShouldBe(choices, choices * tolerance);
        Kernels.BusiestRankExperts(tokens, experts, active, ranks).ShouldBe(chosen, chosen * tolerance);
        choices.ShouldBeGreaterThan(mean * (1 + tolerance), "the mean alone would not do");
    }

    [Fact]
    public void One_rank_has_all_that_is_chosen_and_nothing_more()
    {
        Kernels.BusiestRankLoad(16, 8, 1).ShouldBe(1);
        Kernels.BusiestRankExperts(16, 128, 8, 1).ShouldBe(128 * (1 - Math.Pow(1 - (8.0 / 128), 16)), 1e-9);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(128)]
    [InlineData(512)]
    public void The_busiest_of_several_ranks_has_more_than_the_mean_and_less_the_more_tokens_there_are(int ranks)
    {
        var before = double.MaxValue;
        var experts = 0.0;
        for (var tokens = 1; tokens <= 1 << 20; tokens *= 2)
        {
            var load = Kernels.BusiestRankLoad(tokens, 8, ranks);
            load.ShouldBeInRange(1, before);
            var chosen = Kernels.BusiestRankExperts(tokens, 1024, 8, ranks);
            chosen.ShouldBeInRange(Math.Max(experts, 1024.0 / ranks * (1 - Math.Pow(1 - (8.0 / 1024), tokens))), 1024.0 / ranks);
            (before, experts) = (load, chosen);
        }

        before.ShouldBe(1, 0.05);
        experts.ShouldBe(1024.0 / ranks, 1e-9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(4096)]
    public void Experts_by_chance_take_at_least_what_experts_dealt_evenly_over_ranks_take(double tokens)
    {
        // 256 experts on 8 ranks against a rank's 32, of which its eighth of all tokens chooses as many.
        var load = new MoeLoad(tokens, 4096, 1536, 3, 256, 8, 8, 2, 0, 1, IsDispatched: true);
        var even = new MoeLoad(tokens, 4096, 1536, 3, 32, 1, 1, 2, 0, 1, IsDispatched: true);
        var (chance, mean) = (Kernels.Moe(s_curve, s_roof, load), Kernels.Moe(s_curve, s_roof, even));
        chance.ComputeSeconds.ShouldBeGreaterThanOrEqualTo(mean.ComputeSeconds * 0.999);
        chance.MemorySeconds.ShouldBeGreaterThanOrEqualTo(mean.MemorySeconds * 0.999);
        if (tokens == 32) chance.MemorySeconds.ShouldBeGreaterThan(mean.MemorySeconds * 1.1);
    }

    [Fact]
    public void Kernels_compute_the_busiest_ranks_rows()
    {
        var load = new MoeLoad(4096, 4096, 1536, 3, 256, 8, 8, 2, 0, 1);
        var curve = s_curve with { PaddingWeight = 0, TileRows = 0 };
        (Kernels.Moe(curve, s_roof, load).ComputeSeconds / Kernels.Moe(curve, s_roof, load with { IsDealt = true }).ComputeSeconds).ShouldBe(Kernels.BusiestRankLoad(4096, 8, 8), 1e-9);
    }

    [Fact]
    public void Pricing_chance_allocates_nothing()
    {
        var load = new MoeLoad(100, 4096, 1536, 3, 128, 8, 8, 2, 0, 1);
        Kernels.Moe(s_curve, s_roof, load).Seconds.ShouldBePositive();
        Allocations.Of(() => Kernels.Moe(s_curve, s_roof, load)).ShouldBe(0);
    }

    /// <summary>Mean of the busiest rank's choices, and of most chosen experts on a rank, when each token draws distinct experts.</summary>
    private static (double Choices, double Chosen) Drawn(int tokens, int experts, int active, int ranks)
    {
        var random = new RandomStream(7, "busiest rank");
        var deck = Enumerable.Range(0, experts).ToArray();
        var (choices, chosen) = (0, 0);
        for (var draw = 0; draw < Draws; draw++)
        {
            var loads = new int[experts];
            for (var t = 0; t < tokens; t++)
            {
                for (var k = 0; k < active; k++)
                {
                    var at = random.NextInt(k, experts - 1);
                    (deck[k], deck[at]) = (deck[at], deck[k]);
                    loads[deck[k]]++;
                }
            }

            var byRank = loads.Chunk(experts / ranks).ToList();
            choices += byRank.Max(r => r.Sum());
            chosen += byRank.Max(r => r.Count(c => c > 0));
        }

        return ((double)choices / Draws, (double)chosen / Draws);
    }
}
