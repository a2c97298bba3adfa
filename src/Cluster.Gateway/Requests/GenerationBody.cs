using System.Text.Json;
using Cluster.Gateway.Structured;
using Cluster.Gateway.Text;

namespace Cluster.Gateway.Requests;

/// <summary>A prompt as it came: text or token ids, never both.</summary>
internal readonly record struct PromptInput(byte[]? Utf8, int[]? Tokens);

/// <summary>Tokens <paramref name="Offset"/> … of a named content, as <c>Cluster.Engine.Requests.TokenIds</c> spells them.</summary>
internal readonly record struct ContentRun(ulong ContentId, long Offset, int Length);

/// <summary>A request for text as parsed: right in its types, not yet checked for sense.</summary>
internal sealed class GenerationBody
{
    public GenerationApi Api { get; init; }

    /// <summary>A conversation, by whichever API it came.</summary>
    public bool IsChat => Api != GenerationApi.Completions;

    /// <summary>What only the Responses API knows; null otherwise.</summary>
    public ResponsesFields? Responses { get; init; }

    public string? Model { get; set; }

    /// <summary>Of a completion; null when the field was absent.</summary>
    public List<PromptInput>? Prompts { get; set; }

    /// <summary>Of a chat; null when the field was absent.</summary>
    public List<ChatMessage>? Messages { get; set; }

    public bool AddGenerationPrompt { get; set; } = true;

    /// <summary>The last message is an answer that was cut: it stays open, and the answer goes on where it ends.</summary>
    public bool ContinuesLastMessage { get; set; }

    public int? MaxTokens { get; set; }

    public int? MaxCompletionTokens { get; set; }

    public int MinTokens { get; set; }

    public bool IgnoreEos { get; set; }

    public int N { get; set; } = 1;

    public long? Seed { get; set; }

    public double? Temperature { get; set; }

    public double TopP { get; set; } = 1;

    public double MinP { get; set; }

    public int TopK { get; set; }

    public double PresencePenalty { get; set; }

    public double FrequencyPenalty { get; set; }

    public double RepetitionPenalty { get; set; } = 1;

    public List<string> Stop { get; } = [];

    public List<int> StopTokenIds { get; } = [];

    public bool IncludeStopString { get; set; }

    public bool Stream { get; set; }

    public bool HasStreamOptions { get; set; }

    public bool IncludeUsage { get; set; }

    public bool ContinuousUsage { get; set; }

    public bool Echo { get; set; }

    /// <summary>Only the prompt is wanted back, with its log-probabilities: evaluation harnesses score texts so. One token is generated all the same.</summary>
    public bool IsEchoOnly => Echo && OutputLimit == 0;

    /// <summary>Keep so many tokens at the end of each prompt; −1: as many as fit; null: all, or none is served.</summary>
    public int? TruncatePromptTokens { get; set; }

    /// <summary>Text to follow the answer; nothing here can.</summary>
    public string? Suffix { get; set; }

    /// <summary>Definitions of functions, a list, part of a chat's prompt; null: none.</summary>
    public JsonElement? Tools { get; set; }

    /// <summary>Whether functions may or must be called, as it was written; null: not said.</summary>
    public JsonElement? ToolChoice { get; set; }

    /// <summary>False: an answer calls one function at most.</summary>
    public bool ParallelToolCalls { get; set; } = true;

    /// <summary>Names of the functions that may be called, of all that are offered; null: all.</summary>
    public IReadOnlyList<string>? AllowedTools { get; set; }

    /// <summary>What the answer's text has to be, as it was written.</summary>
    public FormFields Form { get; } = new();

    /// <summary>Of a completion: alternatives per token; null: none asked for.</summary>
    public int? Logprobs { get; set; }

    /// <summary>Of a chat.</summary>
    public bool WantsLogprobs { get; set; }

    /// <summary>Of a chat: alternatives per token.</summary>
    public int TopLogprobs { get; set; }

    public int Priority { get; set; }

    public string? User { get; set; }

    /// <summary>Requests with different salts share no prefix.</summary>
    public string? CacheSalt { get; set; }

    /// <summary>An extension: asks for the TTFT's parts in the final usage.</summary>
    public bool ReturnHops { get; set; }

    /// <summary>
    /// An extension of the load generator: which content the answer is to be taken for, so that a later prompt quoting
    /// it finds it in cache. Shapes only the content's identity, not the text.
    /// </summary>
    public List<ContentRun> OutputContent { get; } = [];

    /// <summary>Of <c>/detokenize</c>; null when the field was absent.</summary>
    public List<int>? Tokens { get; set; }

    /// <summary>Of <c>/tokenize</c>.</summary>
    public bool ReturnTokenStrings { get; set; }

    /// <summary>Whatever the limit is called.</summary>
    public int? OutputLimit => MaxCompletionTokens ?? MaxTokens;

    /// <summary>What the client called it.</summary>
    public string OutputLimitName => Api == GenerationApi.Responses ? "max_output_tokens" : MaxCompletionTokens is null ? "max_tokens" : "max_completion_tokens";

    /// <summary>The field that a chat's messages came in.</summary>
    public string MessagesName => Api == GenerationApi.Responses ? "input" : "messages";

    /// <summary>The field to blame for the prompt's length.</summary>
    public string PromptName => Api == GenerationApi.Responses ? "input" : "prompt";
}
