using System.Globalization;
using System.Net;
using System.Text;
using Cluster.Gateway.Backend;

namespace Cluster.Gateway.Tests.Http;

public sealed class BadInputTests
{
    [Theory]
    [InlineData("", "empty")]
    [InlineData("{", "not valid JSON")]
    [InlineData("[1,2]", "valid dictionary")]
    [InlineData("null", "valid dictionary")]
    [InlineData("""{"prompt":"a"} trailing""", "not valid JSON")]
    [InlineData("""{"prompt":"a","temperature":NaN}""", "not valid JSON")]
    [InlineData("""{"prompt":"a","temperature":-1}""", "temperature must be non-negative, got -1.0.")]
    [InlineData("""{"prompt":"a","temperature":1e999}""", "temperature")]
    [InlineData("""{"prompt":"a","top_p":0}""", "top_p must be in (0, 1], got 0.0.")]
    [InlineData("""{"prompt":"a","max_tokens":0}""", "max_tokens must be at least 1, got 0.")]
    [InlineData("""{"prompt":"a","max_tokens":-5}""", "max_tokens must be at least 1, got -5.")]
    [InlineData("""{"prompt":"a","max_tokens":99999999999999999999}""", "valid integer")]
    [InlineData("""{"prompt":"a","max_tokens":"ten"}""", "valid integer")]
    [InlineData("""{"prompt":"a","max_tokens":1.5}""", "valid integer")]
    [InlineData("""{"prompt":"a","min_tokens":9,"max_tokens":3}""", "min_tokens must be less than or equal to max_tokens=3")]
    [InlineData("""{"prompt":"a","n":0}""", "n must be at least 1, got 0.")]
    [InlineData("""{"prompt":"a","n":100000000}""", "must be at most")]
    [InlineData("""{"prompt":"a","stop":""}""", "stop cannot contain an empty string")]
    [InlineData("""{"prompt":"a","stop":[1]}""", "valid string")]
    [InlineData("""{"prompt":"a","stream":"yes"}""", "valid boolean")]
    [InlineData("""{"prompt":"a","stream_options":{"include_usage":true}}""", "Stream options can only be defined")]
    [InlineData("""{"prompt":"a","logprobs":50}""", "greater than max allowed")]
    [InlineData("""{"prompt":""}""", "cannot be empty")]
    [InlineData("""{"prompt":[]}""", "prompt")]
    [InlineData("""{"prompt":[1,"a"]}""", "array of tokens")]
    [InlineData("""{"prompt":["a",[1]]}""", "array of tokens")]
    [InlineData("""{"prompt":[-1]}""", "out of vocabulary")]
    [InlineData("""{"prompt":"\ud800"}""", "Unicode")]
    [InlineData("""{"prompt":"a","suffix":"b"}""", "suffix is not currently supported")]
    [InlineData("""{"prompt":"a","truncate_prompt_tokens":0}""", "truncate_prompt_tokens")]
    [InlineData("""{"prompt":"a","truncate_prompt_tokens":999999999}""", "greater than max_model_len")]
    [InlineData("""{"prompt":"a","echo":true,"max_tokens":-1}""", "max_tokens must be at least 1, got -1.")]
    [InlineData("{}", "Field required")]
    public async Task Nonsense_is_refused_with_a_reason(string body, string reason)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, error) = await gateway.PostErrorAsync("/v1/completions", body);
        status.ShouldBe(400);
        error.GetProperty("message").GetString()!.ShouldContain(reason);
        error.GetProperty("code").GetInt32().ShouldBe(400);
        error.GetProperty("type").GetString().ShouldBe("BadRequestError");
    }

    [Theory]
    [InlineData("""{"messages":[]}""", "messages must not be empty")]
    [InlineData("""{"messages":"hi"}""", "valid list")]
    [InlineData("""{"messages":[{"content":"hi"}]}""", "role")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "At most 0 image(s)")]
    [InlineData("""{"messages":[{"role":"user","content":"a"}],"top_logprobs":3}""", "`logprobs` must be set to true")]
    public async Task Nonsense_in_chat_is_refused_with_a_reason(string body, string reason)
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, error) = await gateway.PostErrorAsync("/v1/chat/completions", body);
        status.ShouldBe(400);
        error.GetProperty("message").GetString()!.ShouldContain(reason);
    }

    [Fact]
    public async Task The_context_window_is_kept_in_the_words_of_vllm()
    {
        await using var gateway = await TestGateway.StartAsync(models: new ServedModel("m", 32));
        var prompt = string.Join(',', Enumerable.Repeat("5", 32));
        var (_, tooLong) = await gateway.PostErrorAsync("/v1/completions", $$"""{"prompt":[{{prompt}}]}""");
        tooLong.GetProperty("message").GetString()!.ShouldStartWith("This model's maximum context length is 32 tokens. However, your request has 32 input tokens.");
        var (_, tooMuch) = await gateway.PostErrorAsync("/v1/completions", """{"prompt":[1,2],"max_tokens":31}""");
        tooMuch.GetProperty("message").GetString()!.ShouldContain("(31 > 32 - 2)");
    }

    [Fact]
    public async Task An_unknown_model_or_route_is_404_and_a_wrong_method_405()
    {
        await using var gateway = await TestGateway.StartAsync();
        var (status, error) = await gateway.PostErrorAsync("/v1/completions", """{"model":"nope","prompt":"a"}""");
        status.ShouldBe(404);
        error.GetProperty("message").GetString().ShouldBe("The model `nope` does not exist.");
        (await gateway.PostErrorAsync("/v1/nothing", "{}")).Status.ShouldBe(404);
        using var get = await gateway.Client.GetAsync(new Uri("/v1/completions", UriKind.Relative));
        get.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_413_and_one_that_is_not_json_415()
    {
        await using var gateway = await TestGateway.StartAsync(options: new GatewayOptions { MaxRequestBodyBytes = 2048 });
        var (status, _) = await gateway.PostErrorAsync("/v1/completions", $$"""{"prompt":"{{new string('x', 4000)}}"}""");
        status.ShouldBe(413);
        using var form = await gateway.Client.PostAsync(new Uri("/v1/completions", UriKind.Relative), new StringContent("{}", Encoding.UTF8, "text/plain"));
        ((int)form.StatusCode).ShouldBe(415);
    }

    [Fact]
    public async Task Megabytes_of_stop_strings_are_refused()
    {
        await using var gateway = await TestGateway.StartAsync();
        var stops = string.Join(',', Enumerable.Repeat($"\"{new string('s', 900)}\"", 2000));
        var (status, error) = await gateway.PostErrorAsync("/v1/completions", $$"""{"prompt":"a","stop":[{{stops}}]}""");
        status.ShouldBe(400);
        error.GetProperty("param").GetString().ShouldBe("stop");
    }

    [Fact]
    public async Task Unknown_extras_and_nulls_are_tolerated()
    {
        await using var gateway = await TestGateway.StartAsync();
        var answer = await gateway.PostJsonAsync("/v1/completions",
            """{"prompt":"a","stop":null,"max_tokens":null,"seed":null,"user":"me","vllm_xargs":{"a":[1,{"b":2}]},"best_of":1,"suffix":null,"logit_bias":{"50256":-100}}""");
        answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32().ShouldBe(16);
    }

    [Fact]
    public async Task Overload_is_429_with_retry_after()
    {
        await using var gateway = await TestGateway.StartAsync(new EchoOptions { MaxRunning = 0, RetryAfter = TimeSpan.FromSeconds(7) });
        foreach (var stream in (string[])["true", "false"])
        {
            using var response = await gateway.PostAsync("/v1/completions", $$"""{"prompt":"a","stream":{{stream}}}""");
            ((int)response.StatusCode).ShouldBe(429);
            response.Headers.GetValues("Retry-After").Single().ShouldBe(7.ToString(CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Unsound_options_are_told_all_at_once()
    {
        var problems = GatewayOptionsValidator.Problems(new GatewayOptions
        {
            Host = "nowhere",
            Port = 70_000,
            TlsCertificatePath = "/no/such.pem",
            ApiKeys = [" "],
            MaxConnections = 0,
        });
        problems.Count.ShouldBe(5, string.Join('\n', problems));
    }
}
