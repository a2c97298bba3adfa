using System.Globalization;

namespace Cluster.Gateway.Requests;

/// <summary>What a request may ask for: ranges and combinations, in vLLM's words.</summary>
internal static class BodyRules
{
    /// <exception cref="ApiException">The first rule broken.</exception>
    public static void Check(GenerationBody body, GatewayOptions options)
    {
        Ensure(!body.HasStreamOptions || body.Stream, "Stream options can only be defined when `stream=True`.", "stream_options");
        Ensure(body.N >= 1, $"n must be at least 1, got {body.N}.", "n");
        Ensure((long)body.N * (body.Prompts?.Count ?? 1) <= options.MaxSequencesPerRequest,
            $"n × prompts must be at most {options.MaxSequencesPerRequest}, got {(long)body.N * (body.Prompts?.Count ?? 1)}.", "n");
        Ensure(body.Temperature is null or >= 0, $"temperature must be non-negative, got {Text(body.Temperature ?? 0)}.", "temperature");
        Ensure(body.Temperature != 0 || body.N == 1, $"n must be 1 when using greedy sampling, got {body.N}.", "n");
        Ensure(body.TopP is > 0 and <= 1, $"top_p must be in (0, 1], got {Text(body.TopP)}.", "top_p");
        Ensure(body.MinP is >= 0 and <= 1, $"min_p must be in [0, 1], got {Text(body.MinP)}.", "min_p");
        Ensure(body.TopK >= -1, $"top_k must be 0 (disable), or at least 1, got {body.TopK}.", "top_k");
        Ensure(Math.Abs(body.PresencePenalty) <= 2, $"presence_penalty must be in [-2, 2], got {Text(body.PresencePenalty)}.", "presence_penalty");
        Ensure(Math.Abs(body.FrequencyPenalty) <= 2, $"frequency_penalty must be in [-2, 2], got {Text(body.FrequencyPenalty)}.", "frequency_penalty");
        Ensure(body.RepetitionPenalty > 0, $"repetition_penalty must be greater than zero, got {Text(body.RepetitionPenalty)}.", "repetition_penalty");
        Ensure(string.IsNullOrEmpty(body.Suffix) || body.IsChat, "suffix is not currently supported", "suffix");
        Ensure(body.TruncatePromptTokens is null or -1 or >= 1, $"truncate_prompt_tokens must be -1 or at least 1, got {body.TruncatePromptTokens}.", "truncate_prompt_tokens");
        CheckLengths(body);
        CheckStops(body, options);
        CheckLogprobs(body);
        if (body.IsChat) Ensure(body.Messages is { Count: > 0 }, body.Messages is null ? $"{body.MessagesName}: Field required" : $"{body.MessagesName} must not be empty", body.MessagesName);
        else Ensure(body.Prompts is { Count: > 0 }, body.Prompts is null ? "prompt: Field required" : "Either prompt or prompt_embeds must be provided and non-empty.", "prompt");
        if (body.Responses is { } responses) ResponsesRules.Check(responses);
    }

    private static void CheckLengths(GenerationBody body)
    {
        var name = body.OutputLimitName;
        Ensure(body.OutputLimit is null or >= 1 || (body.IsEchoOnly && body.Messages is null), $"{name} must be at least 1, got {body.OutputLimit}.", name);
        Ensure(body.MinTokens >= 0, $"min_tokens must be greater than or equal to 0, got {body.MinTokens}.", "min_tokens");
        Ensure(body.OutputLimit is null || body.MinTokens <= body.OutputLimit || body.IsEchoOnly,
            $"min_tokens must be less than or equal to max_tokens={body.OutputLimit}, got {body.MinTokens}.", "min_tokens");
    }

    private static void CheckStops(GenerationBody body, GatewayOptions options)
    {
        Ensure(body.Stop.TrueForAll(s => s.Length > 0), "stop cannot contain an empty string.", "stop");
        Ensure(body.Stop.Count <= options.MaxStopStrings, $"stop may hold at most {options.MaxStopStrings} strings, got {body.Stop.Count}.", "stop");
        Ensure(body.StopTokenIds.Count <= 1024, $"stop_token_ids may hold at most 1024 ids, got {body.StopTokenIds.Count}.", "stop_token_ids");
        var longest = body.Stop.Count == 0 ? 0 : body.Stop.Max(s => s.Length);
        Ensure(longest <= options.MaxStopStringLength,
            $"a stop string may have at most {options.MaxStopStringLength} characters, got {longest}.", "stop");
    }

    private static void CheckLogprobs(GenerationBody body)
    {
        Ensure(body.TopLogprobs is >= 0 and <= 20, $"Requested sample logprobs of {body.TopLogprobs}, which is greater than max allowed: 20", "top_logprobs");
        Ensure(body.Api != GenerationApi.Chat || body.TopLogprobs == 0 || body.WantsLogprobs, "when using `top_logprobs`, `logprobs` must be set to true.", "top_logprobs");
        Ensure(body.Logprobs is null or >= 0, "`logprobs` must be a positive value.", "logprobs");
        Ensure(body.Logprobs is null or <= 20, $"Requested sample logprobs of {body.Logprobs}, which is greater than max allowed: 20", "logprobs");
    }

    private static string Text(double value) => value.ToString("0.0###############", CultureInfo.InvariantCulture);

    private static void Ensure(bool holds, string message, string parameter)
    {
        if (!holds) throw ApiException.BadRequest(message, parameter);
    }
}
