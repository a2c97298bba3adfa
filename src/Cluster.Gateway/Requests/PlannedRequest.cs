using Cluster.Gateway.Backend;
using Cluster.Gateway.Responses;
using Cluster.Gateway.Structured;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Requests;

/// <summary>A checked request with everything decided but the timing.</summary>
/// <param name="Id">With its prefix, e.g. <c>chatcmpl-…</c>, unless the client chose it.</param>
/// <param name="PromptTokens">Over all prompts, each counted once.</param>
internal sealed record PlannedRequest(
    string Id, long CreatedUnixSeconds, ServedModel Model, TextModel Text, GenerationBody Body, int PromptTokens, PlannedChoice[] Choices)
{
    public bool IsChat => Body.IsChat;

    /// <summary>Log-probabilities were asked for, in a chat's way or a completion's.</summary>
    public bool ShowsLogprobs => IsChat ? Body.WantsLogprobs : Body.Logprobs is not null;
}

/// <summary>One sequence of the answer.</summary>
/// <param name="Index">As in <c>choices[].index</c>: prompt · n + sample.</param>
/// <param name="TextSeed">Seeds its <see cref="OutputText"/>.</param>
/// <param name="VisibleChars">Text ends here although the tokens go on a little: a stop string is cut off.</param>
/// <param name="StopReason">The stop string or token id that ended it; null otherwise.</param>
/// <param name="Structured">What it says, where that is held to a form; null: prose.</param>
internal sealed record PlannedChoice(
    int Index, InferenceRequest Request, PromptInput Prompt, ulong TextSeed, int VisibleChars, object? StopReason, StructuredAnswer? Structured = null)
{
    /// <summary>Functions that it calls, if any.</summary>
    public IReadOnlyList<ToolCall> Calls => Structured?.Calls ?? [];

    /// <summary>In OpenAI's words.</summary>
    public string FinishWord(FinishReason reason) => reason == FinishReason.Stop && Structured is { FinishesAsCalls: true } ? "tool_calls" : reason.Word();
}
