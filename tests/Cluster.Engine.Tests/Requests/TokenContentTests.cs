using Cluster.Engine.Requests;

namespace Cluster.Engine.Tests.Requests;

public sealed class TokenContentTests
{
    [Fact]
    public void Block_keys_agree_exactly_as_far_as_the_tokens_do()
    {
        var a = new TokenContent([new ContentSegment(1, 40), new ContentSegment(2, 40)]);
        var b = new TokenContent([new ContentSegment(1, 40), new ContentSegment(3, 40)]);

        a.CommonPrefix(b).ShouldBe(40);
        var (keysA, keysB) = (a.ChainedBlockKeys(16, 80), b.ChainedBlockKeys(16, 80));
        keysA[..2].ShouldBe(keysB[..2]);
        keysA[2].ShouldNotBe(keysB[2]);
        keysA[3].ShouldNotBe(keysB[3]);
    }

    [Fact]
    public void A_key_names_all_that_comes_before_its_block()
    {
        var a = new TokenContent([new ContentSegment(1, 16), new ContentSegment(9, 16)]);
        var b = new TokenContent([new ContentSegment(2, 16), new ContentSegment(9, 16)]);
        a.ChainedBlockKeys(16, 32)[1].ShouldNotBe(b.ChainedBlockKeys(16, 32)[1]);
    }

    [Fact]
    public void Only_full_blocks_have_keys() => TokenContent.Unique(1, 100).ChainedBlockKeys(16, 47).Length.ShouldBe(2);

    [Fact]
    public void Keys_that_are_not_held_are_those_that_would_be_in_whatever_order_they_are_asked_for()
    {
        var content = TokenContent.Unique(7, 16 * 40 + 5);
        var held = content.ChainedBlockKeys(16, content.Length);
        var chain = content.BlockChain(16);
        chain.Length.ShouldBe(40);
        foreach (var block in new[] { 0, 20, 39, 20, 21, 3, 0, 39 }) chain[block].ShouldBe(held[block]);
        chain.Keys.ShouldBe(held);
        Should.Throw<ArgumentOutOfRangeException>(() => TokenContent.Unique(7, 40).BlockChain(16)[2]);
    }

    [Fact]
    public void Chains_agree_as_far_as_their_tokens_do_whether_their_keys_are_held_or_not()
    {
        var run = TokenContent.Unique(7, 160);
        var longer = TokenContent.Unique(7, 320);
        var other = TokenContent.Unique(8, 160);
        var parts = new TokenContent([new ContentSegment(7, 96), new ContentSegment(9, 64)]);
        Common(run, longer, 0, 20).ShouldBe(10);
        Common(run, longer, 4, 3).ShouldBe(3);
        Common(run, other, 0, 10).ShouldBe(0);
        Common(run, parts, 0, 10).ShouldBe(6);
        Common(parts, longer, 2, 10).ShouldBe(4);

        static int Common(TokenContent a, TokenContent b, int start, int count) => a.BlockChain(16).CommonLength(b.BlockChain(16), start, count);
    }
}
