using System.Buffers;
using System.Text.Json;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Responses;
using Cluster.Gateway.Tokenization;

namespace Cluster.Gateway.Endpoints;

/// <summary><c>/tokenize</c> and <c>/detokenize</c>, in vLLM's shapes.</summary>
internal sealed class TokenEndpoints(IInferenceBackend backend)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/tokenize", TokenizeAsync);
        routes.MapPost("/detokenize", DetokenizeAsync);
    }

    private async Task TokenizeAsync(HttpContext http)
    {
        var body = await RequestBody.ReadAsync(http, BodyParser.Parse);
        var (model, tokenizer) = TokenizerFor(body);
        if (body.Prompts is null && body.Messages is null) throw ApiException.BadRequest("prompt or messages: Field required", "prompt");
        if (body.Prompts is { Count: not 1 }) throw ApiException.BadRequest("prompt: one text at a time", "prompt");
        var prompt = body.Messages is not null ? RequestPlanner.RenderChat(body, model, tokenizer) : body.Prompts![0];
        var tokens = prompt.Tokens ?? RequestPlanner.Encode(tokenizer, prompt.Utf8!);
        await SendAsync(http, json =>
        {
            json.WriteNumber("count", tokens.Length);
            json.WriteNumber("max_model_len", model.MaxModelLen);
            json.WriteStartArray("tokens");
            foreach (var token in tokens) json.WriteNumberValue(token);
            json.WriteEndArray();
            if (!body.ReturnTokenStrings) return;
            json.WriteStartArray("token_strs");
            foreach (var token in tokens) json.WriteStringValue(PromptText.Decode(tokenizer, [token]));
            json.WriteEndArray();
        });
    }

    private async Task DetokenizeAsync(HttpContext http)
    {
        var body = await RequestBody.ReadAsync(http, BodyParser.Parse);
        var (_, tokenizer) = TokenizerFor(body);
        if (body.Tokens is null) throw ApiException.BadRequest("tokens: Field required", "tokens");
        foreach (var token in body.Tokens)
        {
            if (token < 0 || token >= tokenizer.VocabularySize)
                throw ApiException.BadRequest($"Token id {token} is out of vocabulary; ids run from 0 to {tokenizer.VocabularySize - 1}.", "tokens");
        }

        await SendAsync(http, json => json.WriteString("prompt", PromptText.Decode(tokenizer, body.Tokens)));
    }

    private (ServedModel Model, ITokenizer Tokenizer) TokenizerFor(GenerationBody body)
    {
        var model = GenerationEndpoints.ModelNamed(backend, body.Model);
        return (model, Tokenizers.Get(model.Encoding ?? Tokenizers.NearestEncoding(model.Name)));
    }

    private static async Task SendAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        await JsonBody.SendAsync(http, buffer.WrittenMemory);
    }
}
