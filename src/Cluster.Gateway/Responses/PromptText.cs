using System.Text;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Responses;

/// <summary>The prompt as text, for <c>echo</c>.</summary>
internal static class PromptText
{
    public static string Of(PlannedRequest plan, PlannedChoice choice)
    {
        if (choice.Prompt.Utf8 is { } utf8) return Encoding.UTF8.GetString(utf8);
        return Decode(plan.Text.Tokenizer, choice.Prompt.Tokens!);
    }

    /// <summary>Ids beyond the vocabulary show as the replacement character.</summary>
    public static string Decode(Tokenization.ITokenizer tokenizer, IEnumerable<int> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            if (token < tokenizer.VocabularySize) bytes.AddRange(tokenizer.Decode(token));
            else bytes.AddRange("\uFFFD"u8);
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>The prompt token by token, for its log-probabilities.</summary>
    public static List<EmittedToken> Tokens(PlannedRequest plan, PlannedChoice choice)
    {
        var tokenizer = plan.Text.Tokenizer;
        var ids = choice.Prompt.Tokens ?? RequestPlanner.Encode(tokenizer, choice.Prompt.Utf8!);
        return [.. ids.Select(id => new EmittedToken(id, Decode(tokenizer, [id]), []))];
    }
}
