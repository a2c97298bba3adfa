using System.Text;
using System.Text.Encodings.Web;
using Cluster.Gateway.Text;
using Cluster.Gateway.Tokenization;

namespace Cluster.Gateway.Structured;

/// <summary>A call in an answer.</summary>
/// <param name="Id">As clients quote it beside the function's result.</param>
internal sealed record ToolCall(string Id, CallSpan Span);

/// <summary>An answer whose text is decided, in tokens.</summary>
/// <param name="Tokens">All of them.</param>
/// <param name="Calls">In their order; empty: the text is what the client sees.</param>
internal sealed record StructuredAnswer(string Text, IReadOnlyList<EmittedToken> Tokens, IReadOnlyList<ToolCall> Calls)
{
    /// <summary>vLLM's finish reason for an answer that was not cut: a function that the request named leaves it at <c>stop</c>, as OpenAI does.</summary>
    public bool FinishesAsCalls { get; init; }

    /// <summary>The calls are the model's own wish: the message has no content then; otherwise it has an empty one.</summary>
    public bool HasNoContent { get; init; }

    /// <param name="newId">Makes a call's id from its place.</param>
    public static StructuredAnswer Of(FormedText formed, AnswerForm form, ITokenizer tokenizer, Func<int, string> newId)
    {
        var style = (form as ToolForm)?.Style;
        return new StructuredAnswer(formed.Text, Split(formed.Text, tokenizer), [.. formed.Calls.Select((span, i) => new ToolCall(newId(i), span))])
        {
            FinishesAsCalls = style is CallStyle.List or CallStyle.Tagged,
            HasNoContent = style is CallStyle.Tagged,
        };
    }

    /// <summary>The tokens from the first on; after the last, ends of turn, which an engine that must go on writes and nobody sees.</summary>
    public ITokenSource Open(ITokenizer tokenizer) => new Source(Tokens, new EmittedToken(tokenizer.FirstSpecialToken + SpecialTokens.EndTurn, "", []));

    /// <summary>A character whose bytes lie in several tokens shows with the last of them.</summary>
    private static EmittedToken[] Split(string text, ITokenizer tokenizer)
    {
        var ids = new List<int>(text.Length / 3 + 4);
        tokenizer.Encode(Encoding.UTF8.GetBytes(text), ids);
        var decoder = Encoding.UTF8.GetDecoder();
        var tokens = new EmittedToken[ids.Count];
        var chars = new char[256];
        for (var i = 0; i < tokens.Length; i++)
        {
            var bytes = tokenizer.Decode(ids[i]);
            if (bytes.Length + 2 > chars.Length) chars = new char[bytes.Length * 2];
            var shown = new string(chars, 0, decoder.GetChars(bytes, chars, flush: false));
            tokens[i] = new EmittedToken(ids[i], shown, Encoding.UTF8.GetBytes(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(shown)));
        }

        return tokens;
    }

    private sealed class Source(IReadOnlyList<EmittedToken> tokens, EmittedToken endOfTurn) : ITokenSource
    {
        private int _next;

        public EmittedToken Next() => _next < tokens.Count ? tokens[_next++] : endOfTurn;
    }
}
