using Cluster.Engine.KvCache;

namespace Cluster.Engine.Tests.KvCache;

public sealed class BlockPoolTests
{
    [Fact]
    public void Allocation_is_all_or_nothing()
    {
        var pool = new BlockPool(10);
        pool.TryAllocate(7).ShouldBeTrue();
        pool.TryAllocate(4).ShouldBeFalse();
        pool.Free.ShouldBe(3);
        pool.CheckIntegrity();
    }

    [Fact]
    public void Released_blocks_stay_until_others_need_the_room_and_leave_tail_first()
    {
        var pool = new BlockPool(4);
        pool.TryAllocate(3).ShouldBeTrue();
        pool.Publish(BlockChain.Of([1, 2, 3]), 0, 3);
        pool.Release(BlockChain.Of([1, 2, 3]));

        pool.CountPrefix(BlockChain.Of([1, 2, 3])).ShouldBe(3);
        pool.TryAllocate(2).ShouldBeTrue();
        pool.CountPrefix(BlockChain.Of([1, 2, 3])).ShouldBe(2);
        pool.CheckIntegrity();
    }

    [Fact]
    public void A_block_in_use_is_never_evicted()
    {
        var pool = new BlockPool(2);
        pool.TryAllocate(1).ShouldBeTrue();
        pool.Publish(BlockChain.Of([1]), 0, 1);
        pool.TryAllocate(2).ShouldBeFalse();
        pool.CountPrefix(BlockChain.Of([1])).ShouldBe(1);
    }

    [Fact]
    public void A_block_that_two_sequences_computed_is_kept_once()
    {
        var pool = new BlockPool(4);
        pool.TryAllocate(2).ShouldBeTrue();
        pool.Publish(BlockChain.Of([1]), 0, 1);
        pool.Publish(BlockChain.Of([1]), 0, 1);
        pool.Referenced.ShouldBe(1);
        pool.Free.ShouldBe(3);
        pool.Release(BlockChain.Of([1]));
        pool.Referenced.ShouldBe(1);
        pool.Release(BlockChain.Of([1]));
        pool.Evictable.ShouldBe(1);
        pool.CheckIntegrity();
    }

    [Fact]
    public void Listeners_hear_of_what_enters_and_leaves()
    {
        var heard = new Heard();
        var pool = new BlockPool(2, heard);
        pool.TryAllocate(1).ShouldBeTrue();
        pool.Publish(BlockChain.Of([5]), 0, 1);
        pool.Release(BlockChain.Of([5]));
        pool.TryAllocate(2).ShouldBeTrue();
        heard.Events.ShouldBe(["+5", "-5"]);
    }

    private sealed class Heard : IKvEventSink
    {
        public List<string> Events { get; } = [];

        public void Stored(ulong key) => Events.Add($"+{key}");

        public void Removed(ulong key) => Events.Add($"-{key}");
    }
}
