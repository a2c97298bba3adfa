using System.Text;
using Cluster.Gateway.Text;
using Cluster.Gateway.Tokenization;

namespace Cluster.Gateway.Tests.Text;

public sealed class OutputTextTests
{
    [Theory]
    [InlineData(Tokenizers.Cl100k, true)]
    [InlineData(Tokenizers.Cl100k, false)]
    [InlineData(Tokenizers.O200k, true)]
    [InlineData(Tokenizers.O200k, false)]
    [InlineData(Tokenizers.Bytes, false)]
    public void Any_length_of_it_encodes_to_the_tokens_it_was_made_of(string encoding, bool startsWithSpace)
    {
        Assert.SkipUnless(Tokenizers.IsAvailable(encoding), "The vocabularies could not be fetched when this was built.");
        var tokenizer = Tokenizers.Get(encoding);
        for (var seed = 0UL; seed < 20; seed++)
        {
            var output = new OutputText(TextModel.For(tokenizer), seed, startsWithSpace);
            var made = Enumerable.Range(0, 37 * (int)seed + 1).Select(_ => output.Next()).ToArray();
            var encoded = new List<int>();
            tokenizer.Encode(Encoding.UTF8.GetBytes(string.Concat(made.Select(t => t.Text))), encoded);
            encoded.ShouldBe(made.Select(t => t.Id));
        }
    }

    [Fact]
    public void The_same_seed_says_the_same_and_another_something_else()
    {
        Say(1).ShouldBe(Say(1));
        Say(1).ShouldNotBe(Say(2));

        static string Say(ulong seed)
        {
            var output = new OutputText(TextModel.For(Tokenizers.Get(Tokenizers.Cl100k)), seed, startsWithSpace: false);
            return string.Concat(Enumerable.Range(0, 60).Select(_ => output.Next().Text));
        }
    }

    [Fact]
    public void Equal_tokens_at_equal_places_are_equal_content()
    {
        var (a, b) = (Content([.. Enumerable.Range(0, 70)]), Content([.. Enumerable.Range(0, 64), 9, 9, 9]));
        a.CommonPrefix(b).ShouldBe(64);
        a.Length.ShouldBe(70);
        Content([.. Enumerable.Range(0, 32)], salt: 1).CommonPrefix(a).ShouldBe(0);
        a.ChainedBlockKeys(16, 70).Take(4).ShouldBe(b.ChainedBlockKeys(16, 67).Take(4));
    }

    [Theory]
    [InlineData("chatml")]
    [InlineData("llama-3")]
    [InlineData("harmony")]
    [InlineData("deepseek")]
    [InlineData("mistral")]
    public void A_conversation_grows_at_its_end_alone(string template)
    {
        ChatMessage[] first = [new("system", "Be brief."), new("user", "What is a KV cache?")];
        ChatMessage[] second = [.. first, new("assistant", "A store of keys and values."), new("user", "Why?")];
        var shorter = Render(template, first, addGenerationPrompt: true);
        Render(template, second, addGenerationPrompt: true).Take(shorter.Count).ShouldBe(shorter);
    }

    private static List<int> Render(string template, ChatMessage[] messages, bool addGenerationPrompt)
    {
        var tokens = new List<int>();
        ChatTemplates.Get(template).Render(Tokenizers.Get(Tokenizers.Cl100k), messages, addGenerationPrompt, tokens);
        return tokens;
    }

    private static Cluster.Engine.Requests.TokenContent Content(int[] tokens, ulong salt = 0)
    {
        var content = new ContentHash(salt, tokens.Length);
        foreach (var token in tokens) content.Add(token);
        return content.ToContent();
    }
}
