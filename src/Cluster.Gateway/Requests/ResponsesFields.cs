namespace Cluster.Gateway.Requests;

/// <summary>What a request of the Responses API has beyond a chat's. JSON that the answer only repeats is kept as it was written, without spaces, UTF-8.</summary>
internal sealed class ResponsesFields
{
    /// <summary>The answer's id, when the client chooses it (vLLM's extension); null: ours.</summary>
    public string? RequestId { get; set; }

    public string? Instructions { get; set; }

    /// <summary>Go on from an answer that the server kept; none is kept here.</summary>
    public string? PreviousResponseId { get; set; }

    /// <summary>Answer at once and work later, for the client to come back; needs kept answers, too.</summary>
    public bool Background { get; set; }

    /// <summary>Keep the answer. True unless said otherwise, and as in vLLM without a store no reason to refuse: most clients do not say it.</summary>
    public bool Store { get; set; } = true;

    public string ServiceTier { get; set; } = "auto";

    public string Truncation { get; set; } = "disabled";

    /// <summary>Bounds calls that a server makes by itself; there are none here.</summary>
    public int? MaxToolCalls { get; set; }

    public byte[]? Metadata { get; set; }

    public byte[]? Reasoning { get; set; }

    public byte[]? Text { get; set; }

    public byte[]? Tools { get; set; }

    public byte[]? ToolChoice { get; set; }
}

/// <summary>What only a server that keeps answers could do; refusals are vLLM's without a store, and say what to do instead.</summary>
internal static class ResponsesRules
{
    /// <exception cref="ApiException">The first rule broken.</exception>
    public static void Check(ResponsesFields fields)
    {
        if (fields.Background && !fields.Store) throw ApiException.BadRequest("background can only be used when `store` is true", "background");
        if (fields.Background)
        {
            throw new ApiException(400, "invalid_request_error",
                "This server does not support `store=True` and therefore does not support the background mode, as vLLM without "
                + "VLLM_ENABLE_RESPONSES_API_STORE=1; leave `background` out and wait for the answer, or read it with `stream`.", "background");
        }

        if (fields.PreviousResponseId is { } previous) throw NotKept(previous, "previous_response_id");
    }

    /// <summary>404 for any answer asked for by its id.</summary>
    public static ApiException NotKept(string id, string parameter)
    {
        var shown = id.Length <= 128 ? id : id[..128] + "…";
        return new ApiException(404, "invalid_request_error",
            $"Response with id '{shown}' not found. This server keeps no responses, as vLLM without VLLM_ENABLE_RESPONSES_API_STORE=1; "
            + "send the turns so far as items of `input`: a response's `output` can be appended as it is.", parameter);
    }
}
