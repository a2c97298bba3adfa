using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Units;

namespace Cluster.Engine.Tests.Routing;

public sealed class DistinctBlocksTests
{
    private const int Instances = 4;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 20).Select(i => (ulong)i)];

    /// <summary>One tree for all instances says what a set of keys per instance would.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Shared_blocks_count_once_whoever_comes_and_goes(ulong seed)
    {
        var random = new RandomStream(seed, "distinct");
        var distinct = new DistinctBlocks(Instances);
        var found = new PrefixMatches(Instances);
        var placed = new List<(int Instance, BlockChain Chain, int Full, int Blocks)>();
        for (var n = 0; n < 300; n++)
        {
            if (placed.Count > 0 && random.NextInt(5) < 2)
            {
                var gone = placed[random.NextInt(placed.Count)];
                placed.Remove(gone);
                distinct.Remove(gone.Instance, gone.Chain, gone.Full, gone.Blocks);
            }
            else
            {
                var chain = Chain(random);
                var full = random.NextInt(0, chain.Length);
                placed.Add((random.NextInt(Instances), chain, full, full + random.NextInt(2)));
                distinct.Add(placed[^1].Instance, chain, full, placed[^1].Blocks);
            }

            var asked = Chain(random);
            distinct.Shared(asked, found);
            for (var i = 0; i < Instances; i++)
            {
                var here = placed.Where(p => p.Instance == i).ToList();
                var keys = here.SelectMany(p => p.Chain.Keys[..p.Full]).ToHashSet();
                distinct.Count(i).ShouldBe(keys.Count + here.Sum(p => p.Blocks - p.Full), $"step {n}");
                found[i].ShouldBe(asked.Keys.TakeWhile(keys.Contains).Count(), $"step {n}");
            }
        }
    }

    private static BlockChain Chain(RandomStream random)
    {
        // Three system prompts, below each of them a few documents, below each of these a few questions.
        var (prompt, document) = (random.NextInt(3), random.NextInt(3));
        return new TokenContent([
            new ContentSegment((ulong)prompt + 1, 16 * 3),
            new ContentSegment((ulong)(prompt * 10 + document) + 100, 16 * 4),
            new ContentSegment((ulong)random.NextInt(4) + 1000, 16 * random.NextInt(1, 3))]).BlockChain(16);
    }
}
