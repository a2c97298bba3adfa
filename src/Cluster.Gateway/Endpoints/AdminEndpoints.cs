using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Cluster.Gateway.Admin;
using Cluster.Gateway.Requests;
using Cluster.Gateway.Responses;

namespace Cluster.Gateway.Endpoints;

/// <summary><c>/admin/</c>: HTTP in front of <see cref="IClusterAdmin"/>. Strict: unknown fields are errors.</summary>
internal sealed class AdminEndpoints(IClusterAdmin? admin = null)
{
    private const int DefaultDecisions = 50;
    private const int MaxDecisions = 1000;

    private static readonly JsonSerializerOptions s_strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        if (admin is null) return;
        routes.MapGet("/admin/topology", http => AnswerAsync(http, admin.TopologyAsync));
        routes.MapPost("/admin/scale", http => AnswerAsync<ScaleOrder>(http, (o, ct) => admin.ScaleAsync(o.Pool, o.Instances, ct)));
        routes.MapPost("/admin/drain", http => AnswerAsync<InstanceOrder>(http, (o, ct) => admin.DrainAsync(o.Instance, ct)));
        routes.MapPost("/admin/open", http => AnswerAsync<InstanceOrder>(http, (o, ct) => admin.OpenAsync(o.Instance, ct)));
        routes.MapPost("/admin/resize", http => AnswerAsync<ResizeInstance>(http, admin.ResizeAsync));
        routes.MapGet("/admin/runs", http => AnswerAsync(http, admin.RunsAsync));
        routes.MapPost("/admin/runs", http => AnswerAsync<RunOrder>(http, (o, ct) => admin.BeginRunAsync(o.Name, ct)));
        routes.MapGet("/admin/faults", http => AnswerAsync(http, admin.FaultsAsync));
        routes.MapPost("/admin/faults", http => AnswerAsync<FaultOrder>(http, admin.InjectFaultAsync));
        routes.MapDelete("/admin/faults/{id}", http => AnswerAsync(http, ct => admin.ClearFaultAsync((string)http.GetRouteValue("id")!, ct)));
        routes.MapPut("/admin/router", http => AnswerAsync<RouterOrder>(http, admin.SetRouterAsync));
        routes.MapGet("/admin/router/decisions", http => AnswerAsync(http, ct => admin.RouterDecisionsAsync(Limit(http), ct)));
        routes.MapGet("/admin/dials", http => AnswerAsync(http, admin.DialsAsync));
        routes.MapPut("/admin/dials/{name}", http =>
            AnswerAsync<DialOrder>(http, (o, ct) => admin.SetDialAsync((string)http.GetRouteValue("name")!, o.Value, ct)));
    }

    private sealed record ScaleOrder(string Pool, int Instances);

    private sealed record InstanceOrder(string Instance);

    private sealed record RunOrder(string Name);

    private sealed record DialOrder(double Value);

    private static int Limit(HttpContext http)
    {
        var text = http.Request.Query["limit"].ToString();
        if (text.Length == 0) return DefaultDecisions;
        if (int.TryParse(text, out var limit) && limit is >= 1 and <= MaxDecisions) return limit;
        throw ApiException.BadRequest($"limit: '{text}' is out of range; 1 to {MaxDecisions}.", "limit");
    }

    private static async Task AnswerAsync<T>(HttpContext http, Func<T, CancellationToken, ValueTask<JsonNode>> act)
        where T : class
    {
        var order = await RequestBody.ReadAsync(http, Parse<T>);
        await AnswerAsync(http, ct => act(order, ct));
    }

    private static async Task AnswerAsync(HttpContext http, Func<CancellationToken, ValueTask<JsonNode>> act)
    {
        try
        {
            var answer = await act(http.RequestAborted);
            await JsonBody.SendAsync(http, JsonSerializer.SerializeToUtf8Bytes(answer));
        }
        catch (AdminException refusal)
        {
            throw new ApiException(refusal.StatusCode, "AdminError", refusal.Message);
        }
    }

    private static T Parse<T>(ReadOnlySequence<byte> json)
        where T : class
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            return JsonSerializer.Deserialize<T>(ref reader, s_strict) ?? throw ApiException.BadRequest("The body is null; a JSON object is needed.");
        }
        catch (JsonException exception)
        {
            throw ApiException.BadRequest($"The body does not fit: {exception.Message}", exception.Path);
        }
    }
}
