using Cluster.Engine.KvCache;
using Cluster.Engine.Requests;
using Cluster.Scenarios.Sections;
using Cluster.Scenarios.Workloads;

namespace Cluster.Scenarios.Tests;

/// <summary>The published traces hit an endless prefix cache as often as their authors say.</summary>
public sealed class MooncakePrefixTests
{
    private const int BlockTokens = 512;

    [Theory]
    [InlineData("conversation_trace.jsonl", 0.366)]
    [InlineData("synthetic_trace.jsonl", 0.64)]
    public void An_endless_cache_hits_the_share_of_blocks_that_was_published(string file, double published)
    {
        var folder = Environment.GetEnvironmentVariable("XPYD_DATA");
        Assert.SkipWhen(folder is null, "XPYD_DATA does not name a folder with traces/ from the Mooncake repository.");
        var path = Path.Combine(folder, "traces", file);
        Assert.SkipUnless(File.Exists(path), $"There is no {path}.");

        var pool = new BlockPool(long.MaxValue / 2);
        long hits = 0, blocks = 0;
        foreach (var record in TraceFile.Read(new TraceSection(path, TraceFormat.Mooncake)))
        {
            // The authors count a started last block as a block.
            var whole = new TokenContent([.. record.Content!.Segments.Select(s => s with { Length = BlockTokens })]);
            var keys = whole.BlockChain(BlockTokens);
            var found = pool.CountPrefix(keys);
            hits += found;
            blocks += keys.Length;
            pool.Acquire(keys.Take(found));
            pool.TryAllocate(keys.Length - found).ShouldBeTrue();
            pool.Publish(keys, found, keys.Length - found);
            pool.Release(keys);
        }

        (hits / (double)blocks).ShouldBe(published, 0.001);
    }
}
