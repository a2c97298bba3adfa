using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Units;

namespace Cluster.Engine.Tests.KvCache;

/// <summary>Runs of blocks are a way to count fast: whatever sequences do, pool and index say what block by block they would say.</summary>
public sealed class PrefixCacheLawTests
{
    private const int Instances = 3;
    private const int BlockSize = 4;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 30).Select(i => (ulong)i)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_pool_of_runs_and_an_index_of_runs_answer_as_single_blocks_do(ulong seed)
    {
        var random = new RandomStream(seed, "cache");
        var chains = Prompts(random);
        var (byBlock, byRun) = (new KvIndex(Instances), new KvRunIndex());
        var worlds = Enumerable.Range(0, Instances).Select(i => new World(i, random.NextInt(20, 60), byBlock, byRun)).ToArray();

        for (var n = 0; n < 400; n++)
        {
            var world = worlds[random.NextInt(Instances)];
            world.Act(chains[random.NextInt(chains.Count)], random);
            world.Check(chains);
            var chain = chains[random.NextInt(chains.Count)];
            var (expected, found) = (new PrefixMatches(Instances), new PrefixMatches(Instances));
            byBlock.Overlaps(chain.Keys, expected);
            byRun.Overlaps(chain.Blocks, found);
            for (var i = 0; i < Instances; i++) found[i].ShouldBe(expected[i], $"step {n}");
            found.Holders[0].ShouldBe(expected.Holders[0], $"step {n}");
            if (n % 97 != 96) continue;
            byBlock.RemoveAll(1);
            byRun.RemoveAll(1);
            worlds[1] = new World(1, 40, byBlock, byRun);
        }
    }

    [Fact]
    public void An_answer_joins_the_run_of_its_prompt_unless_somebody_else_has_that_too()
    {
        var (alone, shared) = (BlockChain.OfRun(1, BlockSize, 12), BlockChain.OfRun(2, BlockSize, 12));
        var index = new KvRunIndex();
        index.Stored(0, alone, 0, 8);
        index.Stored(0, alone, 8, 4);
        index.Count.ShouldBe(1);

        index.Stored(0, shared, 0, 8);
        index.Stored(1, shared, 0, 8);
        index.Stored(0, shared, 8, 4);
        index.Count.ShouldBe(3);
    }

    /// <summary>The same blocks twice: as a cache is given them, and as their keys.</summary>
    private sealed record Prompt(BlockChain Blocks, ulong[] Keys);

    /// <summary>Prompts that part at random places; a third are of one run of tokens, which keep no keys, and are what others begin with.</summary>
    private static List<Prompt> Prompts(RandomStream random)
    {
        var contents = new List<TokenContent>();
        for (var c = 0; c < 12; c++)
        {
            var (parent, tokens) = (contents.Count == 0 ? [] : contents[random.NextInt(contents.Count)].Segments, BlockSize * random.NextInt(1, 14));
            var own = new ContentSegment((ulong)random.NextInt(1, 4), tokens);
            if (random.NextInt(3) == 0) contents.Add(new TokenContent([own]));
            else contents.Add(new TokenContent([.. parent[..random.NextInt(0, parent.Length)], own with { ContentId = own.ContentId + 10 }]));
        }

        return [.. contents.Select(c => new Prompt(c.BlockChain(BlockSize), c.ChainedBlockKeys(BlockSize, c.Length)))];
    }

    /// <summary>One instance twice: its cache by runs, and by single blocks.</summary>
    private sealed class World : IKvEventSink
    {
        private readonly int _instance;
        private readonly KvIndex _byBlock;
        private readonly KvRunIndex _byRun;
        private readonly BlockPool _pool;
        private readonly SingleBlockPool _reference;
        private readonly List<string> _heard = [];
        private readonly List<(Prompt Prompt, int Held, int Private)> _running = [];

        public World(int instance, int blocks, KvIndex byBlock, KvRunIndex byRun)
        {
            (_instance, _byBlock, _byRun) = (instance, byBlock, byRun);
            _pool = new BlockPool(blocks, this);
            _reference = new SingleBlockPool(blocks);
        }

        public void Stored(ulong key) => throw new InvalidOperationException("Runs are told as runs.");

        public void Removed(ulong key) => throw new InvalidOperationException("Runs are told as runs.");

        public void Stored(BlockChain chain, int start, int count)
        {
            _byRun.Stored(_instance, chain, start, count);
            for (var i = start; i < start + count; i++) Hear('+', chain[i]);
        }

        public void Removed(BlockChain chain, int start, int count)
        {
            _byRun.Removed(_instance, chain, start, count);
            for (var i = start + count - 1; i >= start; i--) Hear('-', chain[i]);
        }

        public void Act(Prompt prompt, RandomStream random)
        {
            if (_running.Count > 0 && random.NextInt(3) == 0)
            {
                var at = random.NextInt(_running.Count);
                var (held, blocks, rest) = _running[at];
                _running.RemoveAt(at);
                _pool.Return(rest);
                _reference.Return(rest);
                _pool.Release(held.Blocks.Take(blocks));
                _reference.Release(held.Keys.AsSpan(0, blocks));
                return;
            }

            var (chain, keys) = prompt;
            var length = random.NextInt(1, keys.Length);
            var hits = chain.Take(_pool.CountPrefix(chain.Take(length)));
            var missing = length - hits.Length + random.NextInt(3);
            if (missing + _pool.CountEvictable(hits) > _pool.Available) return;
            _pool.Acquire(hits);
            _reference.Acquire(keys.AsSpan(0, hits.Length));
            _pool.TryAllocate(missing).ShouldBeTrue();
            _reference.Allocate(missing);
            // Some of it is full and published at once, in one or two parts.
            var (shared, full) = (hits.Length, hits.Length + random.NextInt(0, length - hits.Length));
            foreach (var end in new[] { (shared + full) / 2, full })
            {
                _pool.Publish(chain, shared, end - shared);
                _reference.Publish(keys.AsSpan(shared, end - shared));
                shared = end;
            }

            _running.Add((prompt, full, missing - (full - hits.Length)));
        }

        public void Check(List<Prompt> chains)
        {
            _pool.CheckIntegrity();
            (_pool.Free, _pool.Allocated, _pool.Referenced, _pool.Evictable)
                .ShouldBe((_reference.Free, _reference.Allocated, _reference.Referenced, _reference.Evictable));
            _heard.ShouldBe(_reference.Events);
            foreach (var (chain, keys) in chains)
            {
                var hits = _pool.CountPrefix(chain);
                hits.ShouldBe(_reference.CountPrefix(keys));
                _pool.CountEvictable(chain.Take(hits)).ShouldBe(_reference.CountEvictable(keys.AsSpan(0, hits)));
            }
        }

        private void Hear(char sign, ulong key)
        {
            _heard.Add($"{sign}{key}");
            if (sign == '+') _byBlock.Stored(_instance, key);
            else _byBlock.Removed(_instance, key);
        }
    }

    /// <summary>The same rules, written down for single blocks.</summary>
    private sealed class SingleBlockPool(int total)
    {
        private readonly Dictionary<ulong, int> _references = [];
        private readonly List<ulong> _unused = [];

        public List<string> Events { get; } = [];

        public long Free { get; private set; } = total;

        public long Allocated { get; private set; }

        public long Referenced => _references.Count - _unused.Count;

        public long Evictable => _unused.Count;

        public void Allocate(int blocks)
        {
            while (Free < blocks)
            {
                Events.Add($"-{_unused[0]}");
                _references.Remove(_unused[0]);
                _unused.RemoveAt(0);
                Free++;
            }

            Free -= blocks;
            Allocated += blocks;
        }

        public void Return(int blocks)
        {
            Free += blocks;
            Allocated -= blocks;
        }

        public int CountPrefix(ReadOnlySpan<ulong> chain)
        {
            var hits = 0;
            while (hits < chain.Length && _references.ContainsKey(chain[hits])) hits++;
            return hits;
        }

        public int CountEvictable(ReadOnlySpan<ulong> hits)
        {
            var evictable = 0;
            foreach (var key in hits) evictable += _references[key] == 0 ? 1 : 0;
            return evictable;
        }

        public void Acquire(ReadOnlySpan<ulong> hits)
        {
            foreach (var key in hits)
                if (_references[key]++ == 0) _unused.Remove(key);
        }

        public void Publish(ReadOnlySpan<ulong> keys)
        {
            foreach (var key in keys)
            {
                Allocated--;
                if (_references.ContainsKey(key))
                {
                    Free++;
                    Acquire([key]);
                    continue;
                }

                _references[key] = 1;
                Events.Add($"+{key}");
            }
        }

        public void Release(ReadOnlySpan<ulong> keys)
        {
            for (var i = keys.Length - 1; i >= 0; i--)
                if (--_references[keys[i]] == 0) _unused.Add(keys[i]);
        }
    }
}
