using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Cluster.Gateway.Admin;
using NSubstitute;

namespace Cluster.Gateway.Tests.Http;

public sealed class AccessTests
{
    [Fact]
    public async Task With_api_keys_only_their_bearers_get_in_and_probes_stay_open()
    {
        await using var gateway = await TestGateway.StartAsync(options: new GatewayOptions { ApiKeys = ["alpha", "beta"] });
        (await StatusAsync(gateway, HttpMethod.Get, "/v1/models")).ShouldBe(401);
        (await StatusAsync(gateway, HttpMethod.Get, "/v1/models", "alph")).ShouldBe(401);
        (await StatusAsync(gateway, HttpMethod.Get, "/v1/models", "beta")).ShouldBe(200);
        (await StatusAsync(gateway, HttpMethod.Get, "/health")).ShouldBe(200);
        (await StatusAsync(gateway, HttpMethod.Get, "/V1/models")).ShouldBe(401);
    }

    [Fact]
    public async Task Admin_is_open_on_loopback_without_a_token_but_not_to_other_sites()
    {
        await using var gateway = await TestGateway.StartAsync(admin: Admin());
        (await StatusAsync(gateway, HttpMethod.Get, "/admin/topology")).ShouldBe(200);
        (await StatusAsync(gateway, HttpMethod.Get, "/admin/topology", origin: "https://elsewhere.example")).ShouldBe(403);
        (await StatusAsync(gateway, HttpMethod.Get, "/admin/topology", host: "rebound.example")).ShouldBe(403);
        (await StatusAsync(gateway, HttpMethod.Get, "/admin/topology", origin: gateway.Address.GetLeftPart(UriPartial.Authority))).ShouldBe(200);
    }

    [Fact]
    public async Task Admin_with_a_token_needs_it_everywhere()
    {
        await using var gateway = await TestGateway.StartAsync(options: new GatewayOptions { AdminToken = "secret" }, admin: Admin());
        (await StatusAsync(gateway, HttpMethod.Get, "/admin/topology")).ShouldBe(401);
        (await StatusAsync(gateway, HttpMethod.Get, "/admin/topology", "secret")).ShouldBe(200);
    }

    [Fact]
    public async Task Admin_orders_are_strict_and_their_refusals_reach_the_client()
    {
        var admin = Admin();
        admin.ScaleAsync("decode", 3, Arg.Any<CancellationToken>()).Returns(new JsonObject { ["instances"] = 3 });
        admin.ScaleAsync("encode", 3, Arg.Any<CancellationToken>()).Returns<JsonNode>(_ => throw new AdminException(404, "pool: 'encode' is not known; did you mean 'decode'?"));
        await using var gateway = await TestGateway.StartAsync(admin: admin);
        (await gateway.PostJsonAsync("/admin/scale", """{"pool":"decode","instances":3}""")).GetProperty("instances").GetInt32().ShouldBe(3);
        (await gateway.PostErrorAsync("/admin/scale", """{"pool":"decode","instance":3}""")).Status.ShouldBe(400);
        (await gateway.PostErrorAsync("/admin/scale", """{"pool":"decode"}""")).Status.ShouldBe(400);
        var (status, error) = await gateway.PostErrorAsync("/admin/scale", """{"pool":"encode","instances":3}""");
        status.ShouldBe(404);
        error.GetProperty("message").GetString()!.ShouldContain("did you mean 'decode'");
    }

    [Fact]
    public async Task Browsers_of_allowed_origins_may_call_and_every_answer_has_its_headers()
    {
        await using var gateway = await TestGateway.StartAsync(options: new GatewayOptions { AllowedOrigins = ["https://ui.example"] });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/models", UriKind.Relative));
        request.Headers.Add("Origin", "https://ui.example");
        request.Headers.Add("X-Request-Id", "mine-1");
        using var response = await gateway.Client.SendAsync(request);
        response.Headers.GetValues("Access-Control-Allow-Origin").Single().ShouldBe("https://ui.example");
        response.Headers.GetValues("X-Request-Id").Single().ShouldBe("mine-1");
        response.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
        response.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task A_request_id_that_could_break_a_header_or_a_stream_is_replaced()
    {
        await using var gateway = await TestGateway.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/health", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("X-Request-Id", "a\"b\\c");
        using var response = await gateway.Client.SendAsync(request);
        response.Headers.GetValues("X-Request-Id").Single().ShouldNotContain("\"");
    }

    [Fact]
    public async Task Http2_with_prior_knowledge_streams_on_its_own_port()
    {
        await using var gateway = await TestGateway.StartAsync(options: new GatewayOptions { Http2Port = 0 });
        var http2 = gateway.App.Urls.Last();
        using var client = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.PostAsync(new Uri(http2 + "/v1/completions"),
            new StringContent("""{"prompt":"a","max_tokens":5,"stream":true}""", System.Text.Encoding.UTF8, "application/json"));
        response.Version.ShouldBe(HttpVersion.Version20);
        (await response.Content.ReadAsStringAsync()).Split("\n\n").Length.ShouldBe(7);
    }

    private static IClusterAdmin Admin()
    {
        var admin = Substitute.For<IClusterAdmin>();
        admin.TopologyAsync(Arg.Any<CancellationToken>()).Returns(new JsonObject { ["instances"] = new JsonArray() });
        return admin;
    }

    private static async Task<int> StatusAsync(
        TestGateway gateway, HttpMethod method, string path, string? bearer = null, string? origin = null, string? host = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (origin is not null) request.Headers.Add("Origin", origin);
        if (host is not null) request.Headers.Host = host;
        using var response = await gateway.Client.SendAsync(request);
        return (int)response.StatusCode;
    }
}
