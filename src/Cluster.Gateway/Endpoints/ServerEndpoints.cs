using System.Reflection;
using Cluster.Gateway.Backend;
using Cluster.Gateway.Hosting;

namespace Cluster.Gateway.Endpoints;

/// <summary>What probes and dashboards ask: health, version, models, load.</summary>
internal sealed class ServerEndpoints(IInferenceBackend backend, Admission admission, TimeProvider clock)
{
    private readonly long _startedUnixSeconds = clock.GetUtcNow().ToUnixTimeSeconds();

    private static string Version { get; } = typeof(ServerEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
        ?.InformationalVersion.Split('+')[0] ?? "0";

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", Health);
        routes.MapMethods("/ping", ["GET", "POST"], Health);
        routes.MapGet("/version", () => Results.Json(new { version = Version }));
        routes.MapGet("/v1/models", () => Results.Json(new { @object = "list", data = Models().SelectMany(Cards) }));
        routes.MapGet("/v1/models/{**name}", (string name) => Results.Json(Card(Model(name), name)));
        routes.MapGet("/load", () => Results.Json(new { server_load = admission.Open }));
        routes.MapPost("/reset_prefix_cache", ResetPrefixCacheAsync);
    }

    /// <summary>200 without a body when requests can be served, as probes of vLLM expect; 503 and why otherwise.</summary>
    private IResult Health()
    {
        admission.ThrowUnlessServing();
        return Results.Ok();
    }

    /// <summary>A model is listed when it can be asked: clients take the list for a sign that they may begin.</summary>
    private IReadOnlyList<ServedModel> Models()
    {
        admission.ThrowIfStarting();
        return backend.Models;
    }

    private ServedModel Model(string name)
    {
        admission.ThrowIfStarting();
        return GenerationEndpoints.ModelNamed(backend, name);
    }

    private async Task<IResult> ResetPrefixCacheAsync(CancellationToken cancellationToken) =>
        await backend.ResetPrefixCacheAsync(cancellationToken) ? Results.Ok() : Results.StatusCode(409);

    private IEnumerable<object> Cards(ServedModel model) => [Card(model, model.Name), .. model.Aliases.Select(alias => Card(model, alias))];

    private object Card(ServedModel model, string id) => new
    {
        id,
        @object = "model",
        created = _startedUnixSeconds,
        owned_by = "xpyd",
        root = model.Name,
        parent = (string?)null,
        max_model_len = model.MaxModelLen,
    };
}
