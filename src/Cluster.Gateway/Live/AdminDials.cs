using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Engine.Policies;
using Cluster.Engine.Routing;
using Cluster.Gateway.Admin;
using Cluster.Grains.Messages;
using Cluster.Grains.Timing;

namespace Cluster.Gateway.Live;

/// <summary>What of a running cluster can be turned: the time scale, and the dials of the routing policy in force.</summary>
internal sealed class AdminDials(EmulatedClock clock)
{
    private static readonly Dial s_timeScale = new("time.scale", 1, 0.01, 100, "Emulated seconds per wall second.");

    public JsonNode Describe(PolicyMessage policy)
    {
        var values = policy.ToDials();
        return new JsonObject
        {
            ["policy"] = policy.Policy,
            ["dials"] = new JsonArray([
                Describe(s_timeScale, clock.Scale),
                .. Of(policy).Select(dial => Describe(dial, values.GetValueOrDefault(dial.Name, dial.Default))),
            ]),
        };
    }

    /// <summary>The policy with this dial turned; null when it is not the policy's but the time scale.</summary>
    /// <exception cref="AdminException">No such dial, or out of its range.</exception>
    public static PolicyMessage? Turn(PolicyMessage policy, string name, double value)
    {
        Dial[] all = [s_timeScale, .. Of(policy)];
        var dial = Array.Find(all, d => d.Name == name)
            ?? throw new AdminException(404, $"There is no dial '{name}' under policy {policy.Policy}; there are: {string.Join(", ", all.Select(d => d.Name))}.{NearestName.After(name, all.Select(d => d.Name))}");
        if (!(value >= dial.Min && value <= dial.Max))
            throw new AdminException(400, string.Create(CultureInfo.InvariantCulture,
                $"{name}: {value} is outside {dial.Min} … {dial.Max}; the nearest is {(double.IsNaN(value) ? dial.Default : Math.Clamp(value, dial.Min, dial.Max))}."));
        if (dial == s_timeScale) return null;
        var dials = policy.ToDials();
        dials[name] = value;
        return PolicyMessage.Of(policy.Policy, dials);
    }

    private static IReadOnlyList<Dial> Of(PolicyMessage policy) => Routers.Registry.TryGet(policy.Policy, out var known) ? known.Dials : [];

    private static JsonObject Describe(Dial dial, double value) => new()
    {
        ["name"] = dial.Name,
        ["value"] = value,
        ["default"] = dial.Default,
        ["min"] = Finite(dial.Min),
        ["max"] = Finite(dial.Max),
        ["meaning"] = dial.Meaning,
    };

    private static JsonNode? Finite(double bound) => double.IsFinite(bound) ? bound : null;
}
