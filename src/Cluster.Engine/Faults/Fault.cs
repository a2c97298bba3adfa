using Cluster.Engine.Hardware;
using Cluster.Engine.Units;

namespace Cluster.Engine.Faults;

/// <summary>
/// Something that goes wrong at a moment of a run, and may pass again. The same records are inputs of virtual time and
/// of the live cluster; what each does to requests is the driver's to carry out, the laws are the same: an accepted
/// request ends exactly once, no block leaks, nothing is emitted twice. Source: engine page, "Faults".
/// </summary>
/// <param name="AtNs">Emulated nanoseconds since the run began.</param>
public abstract record Fault(long AtNs)
{
    /// <summary>How long it lasts; null: for good. Faults that are over at once ignore it.</summary>
    public long? ForNs { get; init; }

    /// <summary>Whether it has an end of its own, at which something is restored.</summary>
    public virtual bool Lasts => true;

    /// <summary>When it passes; <see cref="Time.Never"/> for what stays or is over at once.</summary>
    public long EndsNs => Lasts && ForNs is { } ns ? AtNs + ns : Time.Never;
}

/// <summary>A fault of one instance, by its index in <c>ClusterSpec.Instances</c>.</summary>
public abstract record InstanceFault(long AtNs, int Instance) : Fault(AtNs);

/// <summary>
/// The instance dies with all it holds. Its requests continue elsewhere, what they generated carried over as prompt (see
/// <see cref="Continuation"/>); a host that dies is this for each of its instances. It returns empty after <see cref="Fault.ForNs"/>.
/// </summary>
public sealed record InstanceCrash(long AtNs, int Instance) : InstanceFault(AtNs, Instance);

/// <summary>The instance gets no new requests and finishes those it has; it takes requests again after <see cref="Fault.ForNs"/>.</summary>
public sealed record InstanceDrain(long AtNs, int Instance) : InstanceFault(AtNs, Instance);

/// <summary>
/// Not a fault but what operators do: the instance gets no new requests, finishes those it has, and is built anew on other ranks.
/// </summary>
/// <param name="To">The ranks that it runs on from then on.</param>
public sealed record InstanceResize(long AtNs, int Instance, Parallelism To) : InstanceFault(AtNs, Instance)
{
    /// <summary>Its requests go on elsewhere at once, instead of being finished first.</summary>
    public bool AtOnce { get; init; }

    public override bool Lasts => false;
}

/// <summary>One rank is slow, and its group waits for it: every step of the instance takes <paramref name="Factor"/> times as long.</summary>
/// <param name="Factor">At least 1.</param>
public sealed record StragglerRank(long AtNs, int Instance, double Factor) : InstanceFault(AtNs, Instance);

/// <summary>The instance's ports run at a share of their bandwidth.</summary>
/// <param name="Factor">In [0, 1]; 0: the link is cut.</param>
public sealed record LinkDegradation(long AtNs, int Instance, double Factor) : InstanceFault(AtNs, Instance);

/// <summary>The remote KV stores, and all ways to them, run at a share of their bandwidth.</summary>
/// <param name="Factor">In [0, 1]; 0: nobody reaches them, and what was to come from them is computed.</param>
public sealed record StoreDegradation(long AtNs, double Factor) : Fault(AtNs);

/// <summary>All KV that the instance holds for others to pull is dropped: the decode instances compute those prompts themselves.</summary>
public sealed record KvExpiry(long AtNs, int Instance) : InstanceFault(AtNs, Instance)
{
    public override bool Lasts => false;
}

/// <summary>The router starts again and knows nothing: no cached blocks, no load, none of its own placements.</summary>
public sealed record RouterRestart(long AtNs) : Fault(AtNs)
{
    public override bool Lasts => false;
}

/// <summary>
/// Clients that come while it lasts read slowly. An engine waits for nobody: tokens are made as ever and wait at the gateway, so
/// that only the client, and whoever counts its open connections, sees the difference: the request ends when its client has it all.
/// </summary>
/// <param name="Share">Probability that a client is slow, in (0, 1].</param>
/// <param name="TokensPerSecond">What it reads; above 0.</param>
public sealed record SlowClients(long AtNs, double Share, double TokensPerSecond) : Fault(AtNs)
{
    /// <summary>When a client has read <paramref name="tokens"/> that came evenly between their first and their last.</summary>
    public static long ReadNs(long firstNs, long lastNs, int tokens, double tokensPerSecond) =>
        Math.Max(lastNs, firstNs + Time.FromSeconds(Math.Max(0, tokens - 1) / tokensPerSecond));
}

/// <summary>Clients of the requests under way hang up.</summary>
/// <param name="Share">Probability that a client does, in (0, 1].</param>
public sealed record ClientDisconnect(long AtNs, double Share) : Fault(AtNs)
{
    public override bool Lasts => false;
}
