using Cluster.Gateway.Backend;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Requests;

/// <summary>A checked request with everything decided but the timing.</summary>
/// <param name="Id">With its prefix, e.g. <c>chatcmpl-…</c>.</param>
/// <param name="PromptTokens">Over all prompts, each counted once.</param>
internal sealed record PlannedRequest(
    string Id, long CreatedUnixSeconds, ServedModel Model, TextModel Text, GenerationBody Body, bool IsChat, int PromptTokens, PlannedChoice[] Choices)
{
    /// <summary>Log-probabilities were asked for, in a chat's way or a completion's.</summary>
    public bool ShowsLogprobs => IsChat ? Body.WantsLogprobs : Body.Logprobs is not null;
}

/// <summary>One sequence of the answer.</summary>
/// <param name="Index">As in <c>choices[].index</c>: prompt · n + sample.</param>
/// <param name="TextSeed">Seeds its <see cref="OutputText"/>.</param>
/// <param name="VisibleChars">Text ends here although the tokens go on a little: a stop string is cut off.</param>
/// <param name="StopReason">The stop string or token id that ended it; null otherwise.</param>
internal sealed record PlannedChoice(
    int Index, InferenceRequest Request, PromptInput Prompt, ulong TextSeed, int VisibleChars, object? StopReason);
