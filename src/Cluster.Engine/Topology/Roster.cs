using System.Collections.Immutable;
using System.Globalization;
using Cluster.Engine.Hardware;
using Cluster.Engine.Policies;

namespace Cluster.Engine.Topology;

/// <summary>Where an instance is in its life.</summary>
public enum MemberState
{
    /// <summary>Takes requests.</summary>
    Ready,
    /// <summary>Takes no new requests and finishes those it has.</summary>
    Draining,
    /// <summary>Empty and closed; can be opened again.</summary>
    Drained,
    /// <summary>Crashed: what it had is lost.</summary>
    Failed,
    /// <summary>Built anew, and loads its model.</summary>
    Starting,
}

/// <summary>One instance of a running cluster.</summary>
/// <param name="Leaves">It is removed once it is drained.</param>
public sealed record RosterMember(string Name, string Pool, InstanceRole Role, MemberState State, bool Leaves = false)
{
    /// <summary>Ranks that it was given at run time; null: those of its pool.</summary>
    public Parallelism? Parallelism { get; init; }

    /// <summary>Ranks that it is built anew on once it is empty; null: it stays as it is.</summary>
    public Parallelism? Becomes { get; init; }

    /// <summary>When a starting instance is ready, emulated nanoseconds.</summary>
    public long ReadyNs { get; init; }
}

/// <summary>What came of an operation on a roster.</summary>
/// <param name="Roster">The roster after it; unchanged when refused.</param>
/// <param name="Refusal">Why it was refused, for a person to read; null when it was carried out.</param>
public sealed record RosterStep(Roster Roster, string? Refusal = null);

/// <summary>
/// The instances of a running cluster and what may be done to them. A value: every operation answers with another
/// roster, or with the reason why there is none.
/// </summary>
public sealed record Roster(ImmutableArray<RosterMember> Members)
{
    /// <summary>All instances of a cluster, ready; where pools scale by themselves, those beyond the beginning are off.</summary>
    public static Roster Of(ClusterSpec cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var off = new HashSet<string>();
        foreach (var pool in cluster.Autoscale?.Pools ?? [])
            off.UnionWith(cluster.Instances.Where(i => i.Pool == pool.Pool).Skip(pool.Initial).Select(i => i.Name));
        return new Roster([.. cluster.Instances.Select(i =>
            new RosterMember(i.Name, i.Pool, i.Role, off.Contains(i.Name) ? MemberState.Drained : MemberState.Ready))]);
    }

    /// <summary>Brings a pool to a number of instances that stay; the newest leave first, those that serve nobody before all others.</summary>
    /// <param name="limit">Most instances of the whole cluster that this host has room for.</param>
    public RosterStep Scale(string pool, int instances, int limit)
    {
        var members = Members.Where(m => m.Pool == pool).ToList();
        if (members.Count == 0) return Refuse($"There is no pool '{pool}'; there are: {string.Join(", ", Members.Select(m => m.Pool).Distinct())}.{NearestName.After(pool, Members.Select(m => m.Pool))}");
        if (instances < 1) return Refuse($"Pool '{pool}' cannot be scaled to {instances}: it needs at least 1 instance, or its requests have nowhere to go.");
        var others = Members.Count(m => m.Pool != pool && !m.Leaves);
        if (instances > limit - others)
            return Refuse(string.Create(CultureInfo.InvariantCulture,
                $"Pool '{pool}' cannot be scaled to {instances}: the host has memory for {limit} instances and the other pools have {others}. The nearest is {Math.Max(0, limit - others)}."));

        var staying = members.Where(m => !m.Leaves).ToList();
        var roster = this;
        foreach (var leaver in staying.OrderByDescending(m => m.State).ThenByDescending(m => Ordinal(m.Name)).Take(staying.Count - instances))
            roster = roster.With(leaver with { State = leaver.State == MemberState.Ready ? MemberState.Draining : leaver.State, Leaves = true, Becomes = null });
        for (var missing = instances - staying.Count; missing > 0; missing--) roster = roster.StayOrJoin(pool, members[0].Role);
        return new RosterStep(roster.Without(m => m is { Leaves: true, State: MemberState.Drained or MemberState.Failed or MemberState.Starting }));
    }

    /// <summary>Closes an instance for new requests.</summary>
    public RosterStep Drain(string name) => Change(name, member =>
    {
        if (member.State != MemberState.Ready) return Refuse($"{name} is {Word(member.State)} already.");
        return IsLast(member) ? RefuseLast(member) : new RosterStep(With(member with { State = MemberState.Draining }));
    });

    /// <summary>Builds an instance anew on other ranks: closed and emptied first, then open again; one that is drained stays so.</summary>
    /// <param name="present">Ranks that it runs on.</param>
    public RosterStep Resize(string name, Parallelism wanted, Parallelism present) => Change(name, member =>
    {
        if (wanted == (member.Becomes ?? present)) return Refuse($"{name} {(member.Becomes is null ? "runs on" : "is being resized to")} {wanted.Text} already.");
        if (member.Leaves) return Refuse($"{name} is about to leave: scale pool '{member.Pool}' up first.");
        return member switch
        {
            { State: MemberState.Drained } => new RosterStep(With(member with { Parallelism = wanted })),
            { State: MemberState.Failed } => Refuse($"{name} has failed: open it first."),
            { State: MemberState.Draining, Becomes: null } => Refuse($"{name} is draining: wait until it is drained, or open it first."),
            { State: MemberState.Ready } when IsLast(member) => RefuseLast(member),
            _ => new RosterStep(With(member with { State = MemberState.Draining, Becomes = wanted })),
        };
    });

    /// <summary>Opens an instance that was drained or has failed.</summary>
    public RosterStep Open(string name) => Change(name, member => member.State switch
    {
        MemberState.Ready => Refuse($"{name} is ready already."),
        MemberState.Starting => Refuse($"{name} loads its model: it takes requests as soon as it has."),
        _ => new RosterStep(With(member with { State = MemberState.Ready, Leaves = false, Becomes = null })),
    });

    /// <summary>An instance crashes; one that was to leave is gone with that.</summary>
    public RosterStep Fail(string name) => Change(name, member => member.State == MemberState.Failed
        ? Refuse($"{name} has failed already; open it again first.")
        : new RosterStep(member.Leaves ? Without(m => m.Name == name) : With(member with { State = MemberState.Failed, Becomes = null })));

    /// <summary>A draining instance has nothing left.</summary>
    /// <param name="readyNs">When its model is loaded, should it be built anew; null: at once.</param>
    public Roster Emptied(string name, long? readyNs = null) => Find(name) switch
    {
        { State: MemberState.Draining, Leaves: true } => Without(m => m.Name == name),
        { State: MemberState.Draining, Becomes: { } wanted } member => With(member with
        {
            State = readyNs is null ? MemberState.Ready : MemberState.Starting,
            ReadyNs = readyNs ?? 0,
            Parallelism = wanted,
            Becomes = null,
        }),
        { State: MemberState.Draining } member => With(member with { State = MemberState.Drained }),
        _ => this,
    };

    /// <summary>Those whose models are loaded by now take requests.</summary>
    public Roster Started(long nowNs) => new([.. Members.Select(m =>
        m.State == MemberState.Starting && m.ReadyNs <= nowNs ? m with { State = MemberState.Ready, ReadyNs = 0 } : m)]);

    public RosterMember? Find(string name) => Members.FirstOrDefault(m => m.Name == name);

    private RosterStep Change(string name, Func<RosterMember, RosterStep> change) => Find(name) is { } member
        ? change(member)
        : Refuse($"There is no instance '{name}'; there are: {string.Join(", ", Members.Take(20).Select(m => m.Name))}{(Members.Length > 20 ? ", …" : "")}.{NearestName.After(name, Members.Select(m => m.Name))}");

    private bool IsLast(RosterMember member) => !Members.Any(m => m.Role == member.Role && m.State == MemberState.Ready && m.Name != member.Name);

    private RosterStep RefuseLast(RosterMember member) =>
        Refuse($"{member.Name} is the last open {Word(member.Role)} instance: scale pool '{member.Pool}' up first, or requests have nowhere to go.");

    private RosterStep Refuse(string why) => new(this, why);

    private Roster With(RosterMember changed) => new([.. Members.Select(m => m.Name == changed.Name ? changed : m)]);

    private Roster Without(Func<RosterMember, bool> gone) => new([.. Members.Where(m => !gone(m))]);

    /// <summary>One that was about to leave stays; else a new member takes the smallest number that is free, behind its pool.</summary>
    private Roster StayOrJoin(string pool, InstanceRole role)
    {
        if (Members.FirstOrDefault(m => m.Pool == pool && m.Leaves) is { } leaver) return With(leaver with { State = MemberState.Ready, Leaves = false });
        var ordinal = 0;
        while (Find($"{pool}-{ordinal}") is not null) ordinal++;
        var last = Members.Select((m, i) => (m, i)).Last(p => p.m.Pool == pool).i;
        return new Roster(Members.Insert(last + 1, new RosterMember($"{pool}-{ordinal}", pool, role, MemberState.Ready)));
    }

    private static int Ordinal(string name) =>
        int.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) ? ordinal : 0;

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();
}
