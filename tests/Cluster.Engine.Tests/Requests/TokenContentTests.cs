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
}
