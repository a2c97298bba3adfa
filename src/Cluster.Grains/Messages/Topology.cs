using Cluster.Engine.Hardware;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;

namespace Cluster.Grains.Messages;

/// <summary>Ranks of one instance.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.parallelism.v1")]
public sealed record ParallelismMessage(
    [property: Id(0)] int Tp,
    [property: Id(1)] int Pp,
    [property: Id(2)] int Dp,
    [property: Id(3)] int Ep)
{
    public static ParallelismMessage? Of(Parallelism? ranks) => ranks is null ? null : new ParallelismMessage(ranks.Tp, ranks.Pp, ranks.Dp, ranks.Ep);

    public Parallelism ToParallelism() => new(Tp, Pp, Dp, Ep);
}

/// <summary>The ranks that an instance is to run on.</summary>
/// <param name="Tp">As <see cref="Parallelism.Tp"/>; each degree: null for as it is.</param>
/// <param name="AtOnce">Its requests go on elsewhere at once; else it finishes them first.</param>
[GenerateSerializer, Immutable, Alias("xpyd.resize.v1")]
public sealed record ResizeOrder(
    [property: Id(0)] int? Tp,
    [property: Id(1)] int? Pp,
    [property: Id(2)] int? Dp,
    [property: Id(3)] int? Ep,
    [property: Id(4)] bool AtOnce = false)
{
    /// <summary>The degrees ordered over those at present.</summary>
    public Parallelism Over(Parallelism present)
    {
        ArgumentNullException.ThrowIfNull(present);
        return new Parallelism(Tp ?? present.Tp, Pp ?? present.Pp, Dp ?? present.Dp, Ep ?? present.Ep);
    }
}

/// <summary>One instance of the running cluster.</summary>
/// <param name="State"><c>ready</c>, <c>draining</c>, <c>drained</c>, <c>failed</c> or <c>starting</c>.</param>
/// <param name="Leaves">It is removed once it is drained.</param>
[GenerateSerializer, Immutable, Alias("xpyd.member.v1")]
public sealed record MemberMessage(
    [property: Id(0)] string Name,
    [property: Id(1)] string Pool,
    [property: Id(2)] string Role,
    [property: Id(3)] string State,
    [property: Id(4)] bool Leaves)
{
    /// <summary>Ranks that it was given at run time; null: those of its pool.</summary>
    [Id(5)] public ParallelismMessage? Parallelism { get; init; }

    /// <summary>Ranks that it is built anew on once it is empty; null: it stays as it is.</summary>
    [Id(6)] public ParallelismMessage? Becomes { get; init; }

    /// <summary>When a starting instance is ready, emulated nanoseconds.</summary>
    [Id(7)] public long ReadyNs { get; init; }

    public static MemberMessage Of(RosterMember member)
    {
        ArgumentNullException.ThrowIfNull(member);
        return new MemberMessage(member.Name, member.Pool, Word(member.Role), Word(member.State), member.Leaves)
        {
            Parallelism = ParallelismMessage.Of(member.Parallelism),
            Becomes = ParallelismMessage.Of(member.Becomes),
            ReadyNs = member.ReadyNs,
        };
    }

    public RosterMember ToMember() => new(Name, Pool, Enum.Parse<InstanceRole>(Role, true), Enum.Parse<MemberState>(State, true), Leaves)
    {
        Parallelism = Parallelism?.ToParallelism(),
        Becomes = Becomes?.ToParallelism(),
        ReadyNs = ReadyNs,
    };

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();
}

/// <summary>A routing policy and the dials that are not at their default, names and values side by side.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.policy.v1")]
public sealed record PolicyMessage(
    [property: Id(0)] string Policy,
    [property: Id(1)] string[] DialNames,
    [property: Id(2)] double[] DialValues)
{
    public static PolicyMessage Of(string policy, IReadOnlyDictionary<string, double> dials)
    {
        ArgumentNullException.ThrowIfNull(dials);
        return new PolicyMessage(policy, [.. dials.Keys], [.. dials.Values]);
    }

    /// <summary>Why it cannot be used, in words; null when it can.</summary>
    public string? Refusal()
    {
        try
        {
            Routers.Registry.Create(Policy, ToDials());
            return null;
        }
        catch (ArgumentException wrong)
        {
            // Whoever asked has no parameter of that name.
            return wrong.ParamName is null ? wrong.Message : wrong.Message[..wrong.Message.LastIndexOf(" (", StringComparison.Ordinal)];
        }
    }

    public Dictionary<string, double> ToDials() => DialNames.Zip(DialValues).ToDictionary(d => d.First, d => d.Second, StringComparer.Ordinal);
}

/// <summary>What the router must know of the topology: whom it may choose, and how.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.router-plan.v1")]
public sealed record RouterPlan(
    [property: Id(0)] MemberMessage[] Members,
    [property: Id(1)] PolicyMessage Policy);

/// <summary>GPU time that an instance is paid for; see <see cref="GpuUse"/>.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.gpu-use.v1")]
public readonly record struct GpuUseMessage(
    [property: Id(0)] string Instance,
    [property: Id(1)] int Gpus,
    [property: Id(2)] long SinceNs,
    [property: Id(3)] double BeforeNs)
{
    public static GpuUseMessage Of(string instance, GpuUse use) => new(instance, use.Gpus, use.SinceNs, use.BeforeNs);

    public GpuUse ToUse() => new(Gpus, SinceNs, BeforeNs);
}

/// <summary>What the topology grain keeps beyond its own life.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.topology-state.v1")]
public sealed record TopologyState
{
    /// <summary>Empty before the first activation.</summary>
    [Id(0)] public MemberMessage[] Members { get; init; } = [];

    /// <summary>Null: as in the scenario.</summary>
    [Id(1)] public PolicyMessage? Policy { get; init; }

    /// <summary>Of the members and of those that have left.</summary>
    [Id(2)] public GpuUseMessage[] GpuUses { get; init; } = [];
}

/// <summary>What came of an operation on the cluster.</summary>
/// <param name="Refusal">Why nothing was done, for a person to read; null when it was.</param>
/// <param name="NotFound">What was named does not exist.</param>
[GenerateSerializer, Immutable, Alias("xpyd.order-reply.v1")]
public sealed record OrderReply(
    [property: Id(0)] string? Refusal = null,
    [property: Id(1)] bool NotFound = false);
