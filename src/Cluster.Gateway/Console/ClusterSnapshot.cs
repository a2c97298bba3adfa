namespace Cluster.Gateway.Console;

/// <summary>The cluster at one moment, as the console draws it. Sent as snake_case JSON.</summary>
/// <param name="Cluster">Name of the variant, e.g. <c>2P2D</c>.</param>
/// <param name="EmulatedSeconds">Since the cluster started.</param>
public sealed record ClusterSnapshot(string Cluster, string Model, double EmulatedSeconds)
{
    public string Scenario { get; init; } = "";
    public TrafficView Traffic { get; init; } = new();
    public EmulatorView Emulator { get; init; } = new();
    public IReadOnlyList<InstanceView> Instances { get; init; } = [];
    public IReadOnlyList<LinkView> Links { get; init; } = [];

    /// <summary>KV on its way between instances, the largest first.</summary>
    public IReadOnlyList<FlowView> Flows { get; init; } = [];

    /// <summary>Mean of each hop of TTFT over the window, milliseconds, keyed <c>tokenize</c> … <c>decode_queue</c>.</summary>
    public IReadOnlyDictionary<string, double> HopsMs { get; init; } = new Dictionary<string, double>();

    /// <summary>Hops of the requests around the window's p99 of TTFT.</summary>
    public IReadOnlyDictionary<string, double> HopsP99Ms { get; init; } = new Dictionary<string, double>();

    /// <summary>Steps of the window, a sample of at most a few hundred.</summary>
    public IReadOnlyList<StepView> Steps { get; init; } = [];
    public IReadOnlyList<RoofView> Roofs { get; init; } = [];

    /// <summary>Binding wall by role.</summary>
    public IReadOnlyDictionary<string, string> Walls { get; init; } = new Dictionary<string, string>();

    /// <summary>Newest first; about 30.</summary>
    public IReadOnlyList<DecisionView> Decisions { get; init; } = [];

    /// <summary>What could be done about the walls, best first.</summary>
    public IReadOnlyList<LeverView> Levers { get; init; } = [];
    public IReadOnlyList<FaultView> Faults { get; init; } = [];

    /// <summary>This cluster beside the scenario's others; null: there are none, or they are still being run.</summary>
    public ComparisonView? Comparison { get; init; }

    /// <summary>GPUs of all instances.</summary>
    public int Gpus { get; init; }

    /// <summary>What is still being found out in virtual time: <c>comparison</c>, <c>levers</c>.</summary>
    public IReadOnlyList<string> Pending { get; init; } = [];
}

/// <summary>The variants of a scenario in virtual time, on its workload.</summary>
/// <param name="Verdict">Which wins, in a sentence.</param>
/// <param name="Why">A sentence each.</param>
public sealed record ComparisonView(string Verdict, IReadOnlyList<string> Why, IReadOnlyList<VariantView> Variants);

/// <summary>One variant's figures; latencies in milliseconds.</summary>
public sealed record VariantView(
    string Name, double GoodputRps, double TtftP50Ms, double TtftP99Ms, double TpotP50Ms, double TpotP99Ms, double ItlP99Ms, string PrefillWall, string DecodeWall, double Gpus);

/// <summary>What clients see. Latencies in milliseconds over the window; null when no request ended in it.</summary>
public sealed record TrafficView
{
    public int InFlight { get; init; }
    public long Completed { get; init; }
    public long Failed { get; init; }
    public double RequestsPerS { get; init; }
    public double GoodputRps { get; init; }
    public double OutputTokensPerS { get; init; }
    public double? TtftP50Ms { get; init; }
    public double? TtftP99Ms { get; init; }
    public double? TpotP50Ms { get; init; }
    public double? TpotP99Ms { get; init; }

    /// <summary>Objectives; null: not asked for.</summary>
    public double? SloTtftMs { get; init; }
    public double? SloTpotMs { get; init; }
}

/// <summary>How honest the emulation is at the moment.</summary>
public sealed record EmulatorView
{
    /// <summary>Emulated seconds per wall second, as configured.</summary>
    public double TimeScale { get; init; } = 1;

    /// <summary>Share of steps that ended late, 0 to 1.</summary>
    public double LateShare { get; init; }

    /// <summary>Share of the host's cores in use, 0 to 1.</summary>
    public double HostSaturation { get; init; }
}

/// <summary>One instance.</summary>
/// <param name="Role"><c>prefill</c>, <c>decode</c> or <c>aggregated</c>.</param>
/// <param name="State"><c>starting</c>, <c>ready</c>, <c>draining</c> or <c>failed</c>.</param>
public sealed record InstanceView(string Name, string Pool, string Role, string State)
{
    public int Running { get; init; }
    public int Waiting { get; init; }

    /// <summary>Share of KV blocks held by requests, 0 to 1.</summary>
    public double KvUsage { get; init; }

    /// <summary>Share of KV blocks that are cached and free to evict, 0 to 1.</summary>
    public double KvCached { get; init; }
    public double PrefixHitRate { get; init; }
    public double TokensPerS { get; init; }

    /// <summary>Resource that binds its steps; <c>idle</c> when it has none.</summary>
    public string Wall { get; init; } = "idle";

    /// <summary>E.g. <c>h100-sxm × 4, tp4, fp8</c>.</summary>
    public string Hardware { get; init; } = "";
}

/// <summary>The link that KV crosses; each instance has a port of its bandwidth.</summary>
/// <param name="BytesPerS">Over all ports.</param>
/// <param name="BusiestPort">Instance whose port carried most; empty: none carried anything lately.</param>
/// <param name="Utilization">Bytes/s of that port's busier direction ÷ its bandwidth.</param>
public sealed record LinkView(string Name, double BytesPerS, int ActiveTransfers, string BusiestPort, double Utilization);

/// <summary>KV moving from one instance to another.</summary>
public sealed record FlowView(string From, string To, double BytesPerS, int Transfers);

/// <summary>One step on the roofline of one GPU.</summary>
public readonly record struct StepView(string Role, double FlopsPerByte, double FlopsPerS);

/// <summary>Peaks of one GPU.</summary>
public sealed record RoofView(string Name, double FlopsPerS, double BytesPerS);

/// <summary>One routing decision, with what it was decided on.</summary>
/// <param name="Decision"><c>disaggregated</c>, <c>local_prefill</c>, <c>aggregated</c> or <c>rejected</c>.</param>
public sealed record DecisionView(
    long RequestId, double AtSeconds, string Policy, string Decision, string? Prefill, string? Decode, int PromptTokens, IReadOnlyList<CandidateView> Candidates)
{
    /// <summary>TTFT lost against the best placement by the true state of every instance, milliseconds; null: not judged.</summary>
    public double? RegretMs { get; init; }

    /// <summary>0 for a request's first; more when the instance it was on was lost.</summary>
    public int Placement { get; init; }

    /// <summary>The instance that should have been chosen: to prefill, or where that one was right, to decode; null: the choice was the best.</summary>
    public string? Better { get; init; }
}

/// <summary>What a candidate would have cost, in the policy's own terms; lower wins.</summary>
/// <param name="Cost">Null: it was out of the question.</param>
public sealed record CandidateView(string Instance, string Role, double? Cost, int MatchedTokens, bool Chosen);

/// <summary>A change that moves a wall.</summary>
/// <param name="Effect">What it would do, in words and figures.</param>
/// <param name="Trap">When it would not; empty: no known trap.</param>
public sealed record LeverView(string Name, string Wall, string Effect, string Trap);

/// <summary>A fault in force.</summary>
public sealed record FaultView(string Id, string Kind, string Target, double? Factor);
