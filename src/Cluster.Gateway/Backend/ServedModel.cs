namespace Cluster.Gateway.Backend;

/// <summary>A model as clients see it.</summary>
/// <param name="Name">What clients put in <c>model</c>.</param>
/// <param name="MaxModelLen">Context window, tokens of prompt and output together.</param>
public sealed record ServedModel(string Name, int MaxModelLen)
{
    /// <summary>Other names it answers to (vLLM's <c>--served-model-name a b</c>).</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Vocabulary that prompts are counted with: <c>cl100k</c>, <c>o200k</c> or <c>bytes</c>. Null: by the model's family.</summary>
    public string? Encoding { get; init; }

    /// <summary>How chat messages become a prompt: a name in <c>ChatTemplates</c>. Null: by the model's family.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>A step of its instances can give a request several tokens (speculative decoding): they leave in one event, as vLLM sends them.</summary>
    public bool GivesSeveralTokensAStep { get; init; }

    public bool AnswersTo(string name) => Name == name || Aliases.Contains(name);
}
