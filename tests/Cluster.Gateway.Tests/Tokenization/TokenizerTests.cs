using System.Text;
using System.Text.Json;
using Cluster.Gateway.Tokenization;

namespace Cluster.Gateway.Tests.Tokenization;

public sealed class TokenizerTests
{
    public static TheoryData<string, int> Encodings()
    {
        var data = new TheoryData<string, int>();
        for (var i = 0; i < Golden().GetArrayLength(); i++)
        {
            data.Add(Tokenizers.Cl100k, i);
            data.Add(Tokenizers.O200k, i);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Hard_texts_encode_as_tiktoken_does(string encoding, int row)
    {
        Assert.SkipUnless(Tokenizers.IsAvailable(encoding), "The vocabularies could not be fetched when this was built.");
        var golden = Golden()[row];
        var expected = golden.GetProperty(encoding).EnumerateArray().Select(t => t.GetInt32()).ToArray();
        Encode(encoding, golden.GetProperty("text").GetString()!).ShouldBe(expected);
    }

    [Theory]
    [InlineData(Tokenizers.Cl100k)]
    [InlineData(Tokenizers.O200k)]
    [InlineData(Tokenizers.Bytes)]
    public void Decoding_gives_back_any_bytes(string encoding)
    {
        var random = new Cluster.Engine.Units.RandomStream(7, "bytes");
        for (var i = 0; i < 200; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.NextInt(1, 60)).Select(_ => RandomRune(random)));
            var bytes = new List<byte>();
            var tokenizer = Tokenizers.Get(encoding);
            foreach (var token in Encode(encoding, text)) bytes.AddRange(tokenizer.Decode(token));
            Encoding.UTF8.GetString([.. bytes]).ShouldBe(text);
        }
    }

    [Fact]
    public void A_long_piece_merges_as_the_short_way_would()
    {
        // 120 bytes go the scanning way, 400 the heap's; a run of one letter splits alike in both.
        var shortWay = Encode(Tokenizers.Cl100k, string.Concat(Enumerable.Repeat("zq", 60)));
        var longWay = Encode(Tokenizers.Cl100k, string.Concat(Enumerable.Repeat("zq", 200)));
        longWay.Take(shortWay.Length / 2).ShouldBe(shortWay.Take(shortWay.Length / 2));
    }

    [Fact]
    public void A_megabyte_without_a_space_is_encoded_in_bounded_work()
    {
        var text = new string('x', 1_000_000);
        var tokenizer = Tokenizers.Get(Tokenizers.O200k);
        Encode(Tokenizers.O200k, text).Sum(t => tokenizer.Decode(t).Length).ShouldBe(1_000_000);
    }

    private static string RandomRune(Cluster.Engine.Units.RandomStream random)
    {
        while (true)
        {
            var limit = random.NextInt(4) switch { 0 => 0x7F, 1 => 0x7FF, 2 => 0xFFFF, _ => 0x10FFFF };
            var value = random.NextInt(0, limit);
            if (Rune.IsValid(value)) return new Rune(value).ToString();
        }
    }

    private static int[] Encode(string encoding, string text)
    {
        var tokens = new List<int>();
        Tokenizers.Get(encoding).Encode(Encoding.UTF8.GetBytes(text), tokens);
        return [.. tokens];
    }

    private static JsonElement Golden()
    {
        using var stream = typeof(TokenizerTests).Assembly.GetManifestResourceStream("tiktoken-golden.json")!;
        return JsonDocument.Parse(stream).RootElement.Clone();
    }
}
