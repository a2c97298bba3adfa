using Cluster.Engine.KvCache;
using Cluster.Engine.KvCache.Eviction;
using Cluster.Engine.Units;

namespace Cluster.Engine.Tests.KvCache;

public sealed class EvictionTests
{
    [Theory]
    [InlineData("lru", 2)]
    [InlineData("fifo", 1)]
    [InlineData("lfu", 3)]
    public void Each_policy_lets_its_own_victim_go(string policy, int victim)
    {
        var pool = Pool(policy);
        // Stored 1, 2, 3; 1 used thrice, 2 twice, 3 once and last.
        foreach (var key in new ulong[] { 1, 2, 3 }) Store(pool, key);
        foreach (var key in new ulong[] { 2, 1, 1 }) Use(pool, key);
        Use(pool, 3);
        if (policy == "lfu") Use(pool, 2);
        pool.TryAllocate(1);
        new ulong[] { 1, 2, 3 }.Single(key => pool.CountPrefix(BlockChain.Of([key])) == 0).ShouldBe((ulong)victim);
        pool.CheckIntegrity();
    }

    [Theory]
    [InlineData("lru")]
    [InlineData("fifo")]
    [InlineData("lfu")]
    public void No_prompt_loses_its_beginning_before_its_end(string policy)
    {
        var random = new RandomStream(7, policy);
        var pool = new BlockPool(40, null, Evictions.Registry.Create(policy, new Dictionary<string, double>()));
        // A tree: chains that share 0…8 blocks with those of the same family.
        ulong[][] chains = [.. Enumerable.Range(0, 60).Select(c => Enumerable.Range(0, 12).Select(b => b < c % 9 ? (ulong)(((c % 5) * 100) + b) : (ulong)((c * 1000) + b)).ToArray())];
        for (var i = 0; i < 3000; i++)
        {
            var chain = chains[random.NextInt(chains.Length)];
            var hits = pool.CountPrefix(chain);
            pool.Acquire(BlockChain.Of(chain).Take(hits));
            pool.TryAllocate(12 - hits).ShouldBeTrue();
            pool.Publish(chain, hits, 12 - hits);
            pool.CountPrefix(chain).ShouldBe(12);
            pool.Release(chain);
            pool.CheckIntegrity();
        }
    }

    [Theory]
    [InlineData("lru")]
    [InlineData("fifo")]
    [InlineData("lfu")]
    public void Slots_that_are_given_again_keep_the_books_balanced(string policy)
    {
        var pool = Pool(policy);
        for (ulong key = 1; key < 200; key++)
        {
            Store(pool, key);
            if (key % 3 == 0 && pool.CountPrefix(BlockChain.Of([key - 1])) == 1) Use(pool, key - 1);
            pool.CheckIntegrity();
        }

        pool.EvictAll().ShouldBe(3);
    }

    private static BlockPool Pool(string policy) => new(3, null, Evictions.Registry.Create(policy, new Dictionary<string, double>()));

    private static void Store(BlockPool pool, ulong key)
    {
        pool.TryAllocate(1).ShouldBeTrue();
        pool.Publish(BlockChain.Of([key]), 0, 1);
        pool.Release(BlockChain.Of([key]));
    }

    private static void Use(BlockPool pool, ulong key)
    {
        pool.Acquire(BlockChain.Of([key]));
        pool.Release(BlockChain.Of([key]));
    }
}
