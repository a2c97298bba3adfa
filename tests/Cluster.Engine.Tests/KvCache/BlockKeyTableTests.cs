using Cluster.Engine.KvCache;
using Cluster.Engine.Units;

namespace Cluster.Engine.Tests.KvCache;

public sealed class BlockKeyTableTests
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(0x0000_0001_0000_0000UL)]
    [InlineData(0x9E37_79B9_7F4A_7C15UL)]
    public void It_agrees_with_a_dictionary_whatever_is_added_and_removed(ulong stride)
    {
        var random = new RandomStream(7, "table");
        var table = new BlockKeyTable();
        var model = new Dictionary<ulong, int>();
        for (var i = 0; i < 20_000; i++)
        {
            // Few keys, so that removals and repeats are common; 0 is a key like any other.
            var key = (ulong)random.NextInt(600) * stride;
            if (random.NextInt(2) == 0)
            {
                table.TryAdd(key, out var slot).ShouldBe(model.TryAdd(key, slot));
                slot.ShouldBe(model[key]);
                slot.ShouldBeLessThan(table.SlotLimit);
            }
            else
            {
                table.Remove(key).ShouldBe(model.Remove(key));
            }
        }

        model.Values.ShouldBeUnique();
        table.Count.ShouldBe(model.Count);
        table.Keys().Order().ShouldBe(model.Keys.Order());
        for (ulong n = 0; n < 600; n++)
        {
            table.TryGet(n * stride, out var slot).ShouldBe(model.TryGetValue(n * stride, out var expected));
            if (model.ContainsKey(n * stride)) slot.ShouldBe(expected);
        }
    }

    [Fact]
    public void A_key_that_is_not_there_is_named() =>
        Should.Throw<KeyNotFoundException>(() => new BlockKeyTable()[0xABC]).Message.ShouldContain("0000000000000abc");
}
