using System.Text.Json.Nodes;

namespace Cluster.Gateway.Admin;

/// <summary>
/// The operations behind <c>/admin/</c>. Answers are JSON, snake_case. A request that makes no sense throws
/// <see cref="AdminException"/> with a message that teaches; anything else is a fault of ours.
/// </summary>
public interface IClusterAdmin
{
    /// <summary>Instances, links and router as they are now, with roles, load, KV use and health.</summary>
    ValueTask<JsonNode> TopologyAsync(CancellationToken cancellationToken);

    /// <summary>Brings a pool (<c>prefill</c>, <c>decode</c>, …) to a number of instances; shrinking drains first.</summary>
    ValueTask<JsonNode> ScaleAsync(string pool, int instances, CancellationToken cancellationToken);

    /// <summary>Takes an instance out of routing and lets it finish what it has.</summary>
    ValueTask<JsonNode> DrainAsync(string instance, CancellationToken cancellationToken);

    /// <summary>Lets a drained or failed instance take requests again.</summary>
    ValueTask<JsonNode> OpenAsync(string instance, CancellationToken cancellationToken);

    /// <summary>Builds an instance anew on other ranks; its requests finish first, or go on elsewhere at once.</summary>
    ValueTask<JsonNode> ResizeAsync(ResizeInstance resize, CancellationToken cancellationToken);

    /// <summary>Another routing policy, from the next decision on.</summary>
    ValueTask<JsonNode> SetRouterAsync(RouterOrder router, CancellationToken cancellationToken);

    /// <summary>Breaks or slows something: <c>crash</c>, <c>drain</c>, <c>slow</c>, <c>link</c>, <c>store</c>, <c>expire_kv</c>, <c>router_restart</c>, <c>disconnect</c>, <c>slow_client</c>.</summary>
    ValueTask<JsonNode> InjectFaultAsync(FaultOrder fault, CancellationToken cancellationToken);

    /// <summary>Undoes a fault.</summary>
    ValueTask<JsonNode> ClearFaultAsync(string faultId, CancellationToken cancellationToken);

    /// <summary>Records of the cluster's runs, the one at hand last: how requests fared, and what was done.</summary>
    ValueTask<JsonNode> RunsAsync(CancellationToken cancellationToken);

    /// <summary>Ends the run at hand and begins another.</summary>
    ValueTask<JsonNode> BeginRunAsync(string name, CancellationToken cancellationToken);

    /// <summary>Faults in force.</summary>
    ValueTask<JsonNode> FaultsAsync(CancellationToken cancellationToken);

    /// <summary>The newest router decisions, newest first, each with every candidate's cost.</summary>
    ValueTask<JsonNode> RouterDecisionsAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Dials with name, value, range and meaning.</summary>
    ValueTask<JsonNode> DialsAsync(CancellationToken cancellationToken);

    /// <summary>Turns a dial; takes effect with the next decision.</summary>
    ValueTask<JsonNode> SetDialAsync(string name, double value, CancellationToken cancellationToken);
}

/// <summary>A routing policy to use.</summary>
/// <param name="Dials">Those absent take their default; null: all do.</param>
public sealed record RouterOrder(string Policy, IReadOnlyDictionary<string, double>? Dials = null);

/// <summary>The ranks that an instance is to run on; degrees left out stay as they are.</summary>
/// <param name="Now">Its requests go on elsewhere at once; else it finishes them first.</param>
public sealed record ResizeInstance(string Instance, int? Tp = null, int? Pp = null, int? Dp = null, int? Ep = null, bool Now = false);

/// <summary>A fault to inject.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Target">Instance, pool, or the link's name for all instances; null where none is meant.</param>
/// <param name="Factor">How bad, where that has a meaning: a slow rank's slowdown, a link's remaining share, the share of clients.</param>
/// <param name="DurationSeconds">Ends by itself after so many emulated seconds; null: until cleared.</param>
public sealed record FaultOrder(string Kind, string? Target = null, double? Factor = null, double? DurationSeconds = null)
{
    /// <summary>Of <c>slow</c>: which rank; the whole instance waits for it.</summary>
    public int Rank { get; init; }
}

/// <summary>An admin request that cannot be carried out; the message says what to do instead.</summary>
public sealed class AdminException(int statusCode, string message) : Exception(message)
{
    /// <summary>HTTP status, 400–499.</summary>
    public int StatusCode { get; } = statusCode;
}
