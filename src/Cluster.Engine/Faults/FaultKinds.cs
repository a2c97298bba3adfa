using System.Globalization;
using Cluster.Engine.Policies;

namespace Cluster.Engine.Faults;

/// <summary>What a fault of a kind needs to be told.</summary>
/// <param name="Name">As in scenarios and in the admin API.</param>
/// <param name="HasTarget">It strikes instances.</param>
/// <param name="Lasts">It holds until it passes; else it is over at once.</param>
/// <param name="Factor">Its factor's name, default and range; null: it has none.</param>
public sealed record FaultKind(string Name, bool HasTarget, bool Lasts, FactorRange? Factor, string Meaning);

/// <summary>The factor of a kind of fault.</summary>
public sealed record FactorRange(double Default, double Min, double Max, string Meaning);

/// <summary>The kinds of faults that can be injected into a running cluster.</summary>
public static class FaultKinds
{
    public static IReadOnlyList<FaultKind> All { get; } =
    [
        new("crash", true, true, null, "The instance loses all it holds; its requests continue elsewhere."),
        new("drain", true, true, null, "The instance gets no new requests."),
        new("slow", true, true, new FactorRange(2, 1, 1000, "step time ×"), "One rank is slow and its group waits for it."),
        new("link", true, true, new FactorRange(0.1, 0, 1, "bandwidth ×; 0 is cut"), "The instance's ports degrade."),
        new("store", false, true, new FactorRange(0.1, 0, 1, "bandwidth ×; 0 is cut"), "The remote KV stores degrade; out of reach, prompts are computed instead."),
        new("expire_kv", true, false, null, "KV held for others is dropped; they compute those prompts themselves."),
        new("router_restart", false, false, null, "The router knows nothing of caches and load."),
        new("slow_client", false, true, new FactorRange(5, 0.01, 1e6, "tokens per second that they read"), "Clients that come read slowly; what they have not read waits at the gateway."),
        new("disconnect", false, false, new FactorRange(1, 0, 1, "share of the clients"), "Clients of requests under way hang up."),
    ];

    public static FaultKind? Find(string name) => All.FirstOrDefault(k => k.Name == name);

    /// <summary>Why a fault cannot be injected, in words; null when it can.</summary>
    public static string? Refusal(string kind, bool hasTarget, double? factor, long? forNs)
    {
        if (Find(kind) is not { } known) return $"There is no fault '{kind}'; there are: {string.Join(", ", All.Select(k => k.Name))}.{NearestName.After(kind, All.Select(k => k.Name))}";
        if (known.HasTarget && !hasTarget) return $"'{kind}' needs a target: an instance such as decode-0, or a pool.";
        if (factor is { } given && known.Factor is null) return string.Create(CultureInfo.InvariantCulture, $"'{kind}' has no factor; leave {given} out.");
        if (factor is { } value && known.Factor is { } range && !(value >= range.Min && value <= range.Max))
            return string.Create(CultureInfo.InvariantCulture,
                $"factor: {value} is outside {range.Min} … {range.Max} ({range.Meaning}); the nearest is {(double.IsNaN(value) ? range.Default : Math.Clamp(value, range.Min, range.Max))}.");
        if (forNs is { } ns && !known.Lasts) return $"'{kind}' is over at once; leave its duration out.";
        return forNs is <= 0 ? "A fault lasts longer than 0 s; leave the duration out for one that lasts until it is cleared." : null;
    }
}
