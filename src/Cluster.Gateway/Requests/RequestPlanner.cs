using System.Diagnostics;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Structured;
using Cluster.Gateway.Text;
using Cluster.Gateway.Tokenization;

namespace Cluster.Gateway.Requests;

/// <summary>What a request's headers add to its body.</summary>
/// <param name="ReceivedAtTicks">Stopwatch ticks.</param>
/// <param name="TraceParent">W3C trace context; null without one.</param>
internal readonly record struct RequestContext(string RequestId, ulong SessionId, long ReceivedAtTicks, string? TraceParent = null, string? TraceState = null);

/// <summary>
/// Turns a request into sequences to generate: counts its tokens, checks them against the context window, decides text and
/// length of each answer and names the content of prompt and answer together, before anything is generated.
/// </summary>
internal sealed class RequestPlanner(GatewayOptions options, TimeProvider clock)
{
    /// <summary>Ids above the emulated vocabulary are accepted up to here: only their number and identity matter.</summary>
    private const int MaxTokenId = 1 << 18;

    /// <summary>vLLM's limit for completions that give none.</summary>
    private const int DefaultCompletionTokens = 16;

    /// <summary>Characters of a request's answers that are held to a form; such text is made in advance.</summary>
    private const int MaxFormedChars = 1 << 19;

    private static long s_lastId;

    /// <exception cref="ApiException">The prompt does not fit, or holds impossible token ids.</exception>
    public PlannedRequest Plan(GenerationBody body, ServedModel model, RequestContext context)
    {
        var text = TextModel.For(Tokenizers.Get(model.Encoding ?? Tokenizers.NearestEncoding(model.Name)));
        List<PromptInput> prompts = body.IsChat ? [RenderChat(body, model, text.Tokenizer)] : body.Prompts!;
        var form = AnswerForms.Of(body, prompts[0].Tokens is { } rendered ? TextSeed(body, context, rendered, 0) : 0);
        var choices = new PlannedChoice[prompts.Count * body.N];
        var (promptTokens, formedChars) = (0, 0);
        for (var p = 0; p < prompts.Count; p++)
        {
            var tokens = Truncated(prompts[p].Tokens ?? Encode(text.Tokenizer, prompts[p].Utf8!), body, model);
            CheckPrompt(tokens, body, model);
            promptTokens += tokens.Length;
            for (var sample = 0; sample < body.N; sample++)
            {
                var index = p * body.N + sample;
                choices[index] = PlanChoice(body, model, context, text, form, body.TruncatePromptTokens is null ? prompts[p] : new PromptInput(null, tokens), tokens, index);
                formedChars += choices[index].Structured?.Text.Length ?? 0;
                if (formedChars > MaxFormedChars) throw ApiException.BadRequest($"the answers need more than {MaxFormedChars} characters together, the most that is emulated of answers in a form; ask for fewer", "n");
            }
        }

        return new PlannedRequest(AnswerId(body, context), clock.GetUtcNow().ToUnixTimeSeconds(), model, text, body, promptTokens, choices);
    }

    /// <summary>Token ids of a text or conversation, for <c>/tokenize</c>.</summary>
    public static int[] Encode(ITokenizer tokenizer, byte[] utf8)
    {
        var tokens = new List<int>(utf8.Length / 3 + 8);
        tokenizer.Encode(utf8, tokens);
        return [.. tokens];
    }

    public static PromptInput RenderChat(GenerationBody body, ServedModel model, ITokenizer tokenizer)
    {
        var tokens = new List<int>(256);
        var template = ChatTemplates.Get(model.ChatTemplate ?? ChatTemplates.NearestName(model.Name));
        template.Render(tokenizer, WithTools(body.Messages!, body.Tools?.GetRawText()), body.AddGenerationPrompt, tokens, body.ContinuesLastMessage);
        return new PromptInput(null, [.. tokens]);
    }

    /// <summary>Definitions of functions come first, in the system's turn, as in the templates of most families; their JSON is most of what they weigh.</summary>
    private static List<ChatMessage> WithTools(List<ChatMessage> messages, string? tools)
    {
        if (tools is null) return messages;
        var told = $"You have access to the following functions. To call one, answer with its name and arguments as JSON.\n\n{tools}\n\n";
        return messages is [{ Role: "system" } system, ..]
            ? [system with { Content = told + system.Content }, .. messages.Skip(1)]
            : [new ChatMessage("system", told), .. messages];
    }

    /// <exception cref="ApiException">More than the model's window is to be kept.</exception>
    private static int[] Truncated(int[] tokens, GenerationBody body, ServedModel model)
    {
        if (body.TruncatePromptTokens is not { } keep) return tokens;
        if (keep > model.MaxModelLen)
            throw ApiException.BadRequest($"truncate_prompt_tokens value ({keep}) is greater than max_model_len ({model.MaxModelLen}). Please, select a smaller truncation size.", "truncate_prompt_tokens");
        if (keep < 0) keep = Math.Max(1, model.MaxModelLen - Math.Max(1, body.OutputLimit ?? 1));
        return tokens.Length <= keep ? tokens : tokens[^keep..];
    }

    private PlannedChoice PlanChoice(
        GenerationBody body, ServedModel model, RequestContext context, TextModel text, AnswerForm? form, PromptInput prompt, int[] tokens, int index)
    {
        var salt = body.CacheSalt is null ? 0 : HashOf(body.CacheSalt);
        var seed = TextSeed(body, context, tokens, index);
        var answer = form is null ? null : StructuredAnswer.Of(AnswerForms.Compose(form, body.Form, seed), form, text.Tokenizer, call => CallId(body, context, index, call));
        var (outputTokens, finish) = PlanLength(body, model, tokens.Length, seed, answer?.Tokens.Count);
        var stop = StopScan.Find(body, TextOf(text, answer, seed, body), outputTokens);
        if (stop is not null) (outputTokens, finish) = (stop.Tokens, FinishReason.Stop);
        var content = new ContentHash(salt, tokens.Length + outputTokens);
        foreach (var token in tokens) content.Add(token);
        AddOutput(content, body, TextOf(text, answer, seed, body), outputTokens);
        var spec = new RequestSpec(Interlocked.Increment(ref s_lastId), 0, tokens.Length, outputTokens, content.ToContent())
        {
            Priority = body.Priority,
            SessionId = context.SessionId,
            Model = model.Name,
        };
        var request = new InferenceRequest(spec, context.RequestId, finish)
        {
            ReceivedAtTicks = context.ReceivedAtTicks,
            Trace = new RequestTrace(body.IsChat ? "chat" : "text_completion", body.OutputLimit, context.TraceParent, context.TraceState),
            TokenizeNs = (long)Stopwatch.GetElapsedTime(context.ReceivedAtTicks).TotalNanoseconds,
        };
        return new PlannedChoice(index, request, prompt, seed, stop?.VisibleChars ?? int.MaxValue, stop?.Reason, answer);
    }

    /// <summary>What a planned choice says, from its first token on.</summary>
    public static ITokenSource TextOf(PlannedRequest plan, PlannedChoice choice) => TextOf(plan.Text, choice.Structured, choice.TextSeed, plan.Body);

    private static ITokenSource TextOf(TextModel text, StructuredAnswer? answer, ulong seed, GenerationBody body) =>
        answer is null ? new OutputText(text, seed, startsWithSpace: !body.IsChat || body.ContinuesLastMessage) : answer.Open(text.Tokenizer);

    /// <summary>In vLLM's way; only the Responses API lets a client choose it.</summary>
    private static string AnswerId(GenerationBody body, RequestContext context) => body.Api switch
    {
        GenerationApi.Responses => body.Responses!.RequestId ?? "resp_" + context.RequestId,
        GenerationApi.Chat => "chatcmpl-" + context.RequestId,
        _ => "cmpl-" + context.RequestId,
    };

    private static string CallId(GenerationBody body, RequestContext context, int choice, int call)
    {
        var hash = Hashing.Mix(HashOf(context.RequestId), ((ulong)choice << 32) | (uint)call);
        return $"{(body.Api == GenerationApi.Responses ? "call_" : "chatcmpl-tool-")}{hash:x16}{Hashing.Mix(hash, 1):x16}";
    }

    private static void AddOutput(ContentHash content, GenerationBody body, ITokenSource output, int outputTokens)
    {
        var left = outputTokens;
        foreach (var run in body.OutputContent)
        {
            for (var i = 0; i < run.Length && left > 0; i++, left--) content.Add(TokenIds.Of(run.ContentId, run.Offset + i));
        }

        for (; left > 0; left--) content.Add(output.Next().Id);
    }

    /// <summary>Greedy requests repeat their answer; so do those with a seed; others differ each time.</summary>
    private ulong TextSeed(GenerationBody body, RequestContext context, int[] tokens, int index)
    {
        var seed = Hashing.Mix(options.Seed, (ulong)index);
        foreach (var token in tokens) seed = Hashing.Mix(seed, (uint)token);
        if (body.Temperature == 0) return seed;
        return Hashing.Mix(seed, body.Seed is { } given ? (ulong)given : HashOf(context.RequestId));
    }

    private (int Tokens, FinishReason Finish) PlanLength(GenerationBody body, ServedModel model, int promptTokens, ulong seed, int? formedTokens)
    {
        var room = model.MaxModelLen - promptTokens;
        if (body.OutputLimit > room)
        {
            throw ApiException.BadRequest(
                $"{(body.Api == GenerationApi.Responses ? "'max_output_tokens'" : "'max_tokens' or 'max_completion_tokens'")} is too large: {body.OutputLimit}. This model's maximum context length is "
                + $"{model.MaxModelLen} tokens and your request has {promptTokens} input tokens "
                + $"({body.OutputLimit} > {model.MaxModelLen} - {promptTokens}).",
                body.OutputLimitName);
        }

        if (body.IsEchoOnly) return (1, FinishReason.Length);
        var limit = body.OutputLimit ?? (body.IsChat ? room : Math.Min(room, DefaultCompletionTokens));
        // A form that is complete leaves a model nothing to say.
        var mayEnd = !body.IgnoreEos && (formedTokens is not null || options.EndsBeforeLimit || (body.IsChat && body.OutputLimit is null));
        if (!mayEnd) return (limit, FinishReason.Length);
        var natural = Math.Max(formedTokens ?? NaturalLength(seed), Math.Max(1, body.MinTokens));
        return natural < limit ? (natural, FinishReason.Stop) : (limit, FinishReason.Length);
    }

    /// <summary>Log-normal with σ = 0.7, the spread of conversation traces, around the configured mean.</summary>
    private int NaturalLength(ulong seed)
    {
        const double Sigma = 0.7;
        var normal = new RandomStream(seed, "output-length").NextNormal();
        return (int)Math.Clamp(options.NaturalOutputTokens * Math.Exp(Sigma * normal - Sigma * Sigma / 2), 1, 1 << 20);
    }

    private static void CheckPrompt(int[] tokens, GenerationBody body, ServedModel model)
    {
        if (tokens.Length == 0) throw ApiException.BadRequest("The decoder prompt cannot be empty", body.PromptName);
        if (tokens.Length >= model.MaxModelLen)
        {
            throw ApiException.BadRequest(
                $"This model's maximum context length is {model.MaxModelLen} tokens. However, your request has {tokens.Length} input tokens. "
                + "Please reduce the length of the input messages.", body.PromptName);
        }

        foreach (var token in tokens)
        {
            if ((uint)token >= MaxTokenId) throw ApiException.BadRequest($"Token id {token} is out of vocabulary", "prompt");
        }
    }

    internal static ulong HashOf(string text)
    {
        ulong hash = (ulong)text.Length;
        foreach (var c in text) hash = Hashing.Mix(hash, c);
        return hash;
    }
}
