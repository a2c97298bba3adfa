namespace Cluster.Grains.Messages;

/// <summary>An instance at a moment; counts are since its activation.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.instance.v1")]
public sealed record InstanceSnapshot
{
    [Id(0)] public required string Name { get; init; }
    [Id(1)] public required string Role { get; init; }
    [Id(2)] public required int Running { get; init; }
    [Id(3)] public required int Waiting { get; init; }
    [Id(4)] public required double KvUsage { get; init; }
    [Id(5)] public required long Steps { get; init; }
    [Id(6)] public required long Preemptions { get; init; }
    [Id(7)] public required long PromptTokens { get; init; }
    [Id(8)] public required long GenerationTokens { get; init; }
    [Id(9)] public required long PrefixCacheQueries { get; init; }
    [Id(10)] public required long PrefixCacheHits { get; init; }

    /// <summary>Step time by what bound it: compute, bandwidth, network, host; then blocked on blocks and on slots; seconds.</summary>
    [Id(11)] public required double[] WallSeconds { get; init; }

    /// <summary>How late steps ended against their clock, nanoseconds: p50, p99, largest.</summary>
    [Id(12)] public required double[] LatenessNs { get; init; }

    /// <summary>Emulated ÷ modelled step duration, median; 1 unless compute is measured.</summary>
    [Id(13)] public required double MatmulRatio { get; init; }

    /// <summary>Steps that found the host's compute threads saturated.</summary>
    [Id(14)] public required long SaturatedSteps { get; init; }
    [Id(15)] public required double BusySeconds { get; init; }

    /// <summary>Steps that ended more than a millisecond after they were due.</summary>
    [Id(16)] public required long LateSteps { get; init; }

    /// <summary>Share of KV blocks that are cached and free to evict.</summary>
    [Id(32)] public double KvCached { get; init; }

    /// <summary>Sum of the lateness of all steps, wall seconds.</summary>
    [Id(31)] public double LateSeconds { get; init; }

    /// <summary>The latest steps, a handful.</summary>
    [Id(30)] public StepSample[] LatestSteps { get; init; } = [];

    /// <summary>KV blocks that requests hold, and all there are.</summary>
    [Id(17)] public long HeldBlocks { get; init; }
    [Id(18)] public long TotalBlocks { get; init; }

    /// <summary>Requests inside, wherever they are: queued, running, waiting for KV or held for another instance.</summary>
    [Id(19)] public int Requests { get; init; }

    /// <summary>Changes when the instance comes up again without its state, as after the loss of its silo.</summary>
    [Id(20)] public string Incarnation { get; init; } = "";

    /// <summary>Step time ×; above 1 while a rank is slow.</summary>
    [Id(21)] public double Slowdown { get; init; } = 1;

    /// <summary>Ranks that it runs on, each a GPU.</summary>
    [Id(25)] public int Gpus { get; init; }

    /// <summary>For each rank group, the steps of which it was the slowest.</summary>
    [Id(24)] public long[] SlowestSteps { get; init; } = [];
    [Id(22)] public long FellBack { get; init; }
    [Id(23)] public long KvExpired { get; init; }

    /// <summary>Steps whose cost used a fitted curve outside its range.</summary>
    [Id(26)] public long ExtrapolatedSteps { get; init; }

    /// <summary>Verifying passes, counted per sequence; what they drafted, and what of it was accepted.</summary>
    [Id(27)] public long Drafts { get; init; }
    [Id(28)] public long DraftTokens { get; init; }
    [Id(29)] public long AcceptedDraftTokens { get; init; }

    /// <summary>Prompt tokens whose KV came up from a tier below HBM.</summary>
    [Id(33)] public long OnboardedTokens { get; init; }

    /// <summary>Token-steps that held blocks had room for, and those used.</summary>
    [Id(34)] public double KvHeldTokenSteps { get; init; }
    [Id(35)] public double KvUsedTokenSteps { get; init; }
}

/// <summary>What one step did on one rank, for the roofline.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.step-sample.v1")]
public readonly record struct StepSample(
    [property: Id(0)] double Seconds,
    [property: Id(1)] double Flops,
    [property: Id(2)] double HbmBytes);

/// <summary>KV that one instance has sent another since the cluster started.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.flow.v1")]
public readonly record struct FlowMessage(
    [property: Id(0)] string From,
    [property: Id(1)] string To,
    [property: Id(2)] double Bytes,
    [property: Id(3)] int Transfers);

/// <summary>The links at a moment.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.link.v1")]
public sealed record LinkSnapshot(
    [property: Id(0)] int ActiveTransfers,
    [property: Id(1)] double BytesMoved)
{
    /// <summary>Hand-overs and copies that have not ended.</summary>
    [Id(2)] public int OpenHandOvers { get; init; }

    /// <summary>Between each pair of instances that has exchanged KV.</summary>
    [Id(3)] public FlowMessage[] Flows { get; init; } = [];
}

/// <summary>A cluster at a moment.</summary>
[GenerateSerializer, Immutable, Alias("xpyd.topology.v1")]
public sealed record TopologySnapshot(
    [property: Id(0)] string Cluster,
    [property: Id(1)] InstanceSnapshot[] Instances,
    [property: Id(2)] LinkSnapshot Links)
{
    /// <summary>The same instances, with what they are to the cluster; same order as <see cref="Instances"/>.</summary>
    [Id(3)] public MemberMessage[] Members { get; init; } = [];

    /// <summary>The routing policy in force.</summary>
    [Id(4)] public PolicyMessage? Policy { get; init; }

    /// <summary>When it was taken, emulated nanoseconds.</summary>
    [Id(5)] public long AtNs { get; init; }

    /// <summary>GPU time that instances have been paid for, those among them that have left.</summary>
    [Id(6)] public GpuUseMessage[] GpuUses { get; init; } = [];

    /// <summary>The remote KV stores; null where there is none.</summary>
    [Id(7)] public StoreSnapshot? Stores { get; init; }

    /// <summary>GPU nanoseconds that an instance had been paid for by then.</summary>
    public double GpuNs(string instance) => Array.Find(GpuUses, u => u.Instance == instance).ToUse().UntilNs(AtNs);
}
