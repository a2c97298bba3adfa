using System.Text.Json;
using System.Text.Json.Nodes;
using Cluster.Engine.Faults;
using Cluster.Gateway.Hosting;

namespace Cluster.Gateway.Console;

/// <summary>What a console has to know before it can offer anything: who may use the controls, and which faults there are.</summary>
internal static class ConsoleAbout
{
    public static byte[] Json(GatewayOptions? options, bool hasAdmin) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        // Not a secret: an order without the token is refused in any case, and says so.
        ["admin"] = !hasAdmin ? "none" : options?.AdminToken is not null ? "token" : options is null || AccessMiddleware.IsLoopback(options.Host) ? "open" : "off",
        ["fault_kinds"] = new JsonArray([.. FaultKinds.All.Select(k => (JsonNode)Of(k))]),
    });

    private static JsonObject Of(FaultKind kind) => new()
    {
        ["name"] = kind.Name,
        ["meaning"] = kind.Meaning,
        ["has_target"] = kind.HasTarget,
        ["lasts"] = kind.Lasts,
        ["factor"] = kind.Factor is not { } factor ? null : new JsonObject
        {
            ["default"] = factor.Default,
            ["min"] = factor.Min,
            ["max"] = factor.Max,
            ["meaning"] = factor.Meaning,
        },
    };
}
