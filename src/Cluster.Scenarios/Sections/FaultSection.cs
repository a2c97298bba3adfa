using Cluster.Engine.Faults;
using Cluster.Engine.Hardware;

namespace Cluster.Scenarios.Sections;

/// <summary>A fault as it is written: of an instance, of every instance of a pool, or of none.</summary>
/// <param name="Name">Its key under <c>faults</c>.</param>
/// <param name="Kind">A name in <see cref="Kinds"/>.</param>
/// <param name="AtNs">When it begins.</param>
public sealed record FaultSection(string Name, string Kind, long AtNs)
{
    /// <summary>How long it lasts; null: for good.</summary>
    public long? ForNs { get; init; }

    /// <summary>An instance, e.g. <c>decode-1</c>, or a pool, e.g. <c>decode</c>: all of its instances. Empty where none is meant.</summary>
    public string Target { get; init; } = "";

    /// <summary>Of <c>slow</c>: step time ×; of <c>link</c> and <c>store</c>: bandwidth ×; of <c>slow_client</c>: tokens per second.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Of <c>disconnect</c> and <c>slow_client</c>: share of clients.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Of <c>resize</c>: each degree of the ranks that it is to have; null: as it is.</summary>
    public (int? Tp, int? Pp, int? Dp, int? Ep) Ranks { get; init; }

    /// <summary>Of <c>resize</c>: its requests go on elsewhere at once, instead of being finished first.</summary>
    public bool AtOnce { get; init; }

    /// <summary>
    /// Kinds of faults and whether they have a target: what can be injected into a running cluster, and resizing, which operators ask
    /// of the topology there.
    /// </summary>
    public static IReadOnlyDictionary<string, bool> Kinds { get; } =
        new SortedDictionary<string, bool>(FaultKinds.All.ToDictionary(k => k.Name, k => k.HasTarget), StringComparer.Ordinal) { ["resize"] = true };

    /// <summary>The degrees asked for over those at present.</summary>
    public Parallelism Over(Parallelism present) =>
        new(Ranks.Tp ?? present.Tp, Ranks.Pp ?? present.Pp, Ranks.Dp ?? present.Dp, Ranks.Ep ?? present.Ep);

    /// <summary>The fault as the engine knows it.</summary>
    /// <param name="instance">Index of the instance; ignored by kinds without a target.</param>
    /// <param name="present">Its ranks; only <c>resize</c> asks.</param>
    public Fault On(int instance, Parallelism? present = null)
    {
        Fault fault = Kind switch
        {
            "crash" => new InstanceCrash(AtNs, instance),
            "drain" => new InstanceDrain(AtNs, instance),
            "resize" => new InstanceResize(AtNs, instance, Over(present!)) { AtOnce = AtOnce },
            "slow" => new StragglerRank(AtNs, instance, Factor),
            "link" => new LinkDegradation(AtNs, instance, Factor),
            "store" => new StoreDegradation(AtNs, Factor),
            "expire_kv" => new KvExpiry(AtNs, instance),
            "router_restart" => new RouterRestart(AtNs),
            "slow_client" => new SlowClients(AtNs, Share, Factor),
            "disconnect" => new ClientDisconnect(AtNs, Share),
            _ => throw new InvalidOperationException($"Unknown kind of fault '{Kind}'."),
        };
        return fault with { ForNs = ForNs };
    }
}
