namespace Cluster.Gateway.Tokenization;

/// <summary>Text to token ids and back. Thread-safe.</summary>
public interface ITokenizer
{
    /// <summary><c>cl100k</c>, <c>o200k</c> or <c>bytes</c>.</summary>
    string Name { get; }

    /// <summary>Ids are below this; special tokens of chat templates included.</summary>
    int VocabularySize { get; }

    /// <summary>First of <see cref="SpecialTokens.Count"/> ids kept for chat templates; they decode to nothing.</summary>
    int FirstSpecialToken { get; }

    /// <summary>Appends the tokens of <paramref name="utf8"/>. Special tokens in the text are text: nobody can forge them.</summary>
    void Encode(ReadOnlySpan<byte> utf8, List<int> into);

    /// <summary>UTF-8 bytes of one token; empty for special tokens. A single token may hold part of a character.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    ReadOnlySpan<byte> Decode(int token);
}

/// <summary>Control tokens that chat templates use; each counts as one token of the prompt.</summary>
public static class SpecialTokens
{
    public const int Count = 32;

    /// <summary>Begin of sequence.</summary>
    public const int Begin = 0;

    /// <summary>Before a role, e.g. <c>&lt;|im_start|&gt;</c>.</summary>
    public const int StartHeader = 1;

    /// <summary>After a role.</summary>
    public const int EndHeader = 2;

    /// <summary>End of a turn, e.g. <c>&lt;|im_end|&gt;</c>; generation ends with it.</summary>
    public const int EndTurn = 3;

    /// <summary>Before the text of a message (harmony's <c>&lt;|message|&gt;</c>).</summary>
    public const int Message = 4;

    /// <summary>Opens a user turn (DeepSeek, Mistral).</summary>
    public const int User = 5;

    /// <summary>Opens an assistant turn, or ends a user's (Mistral).</summary>
    public const int Assistant = 6;

    /// <summary>Before an output channel's name (harmony).</summary>
    public const int Channel = 7;
}
