namespace Cluster.Report;

/// <summary>Everything a report shows: plain values, from a live or a simulated run.</summary>
/// <param name="Scenario">Its name; the title.</param>
/// <param name="Mode">E.g. <c>live</c> or <c>virtual time</c>.</param>
/// <param name="Verdict">Who won and why, in a sentence.</param>
/// <param name="Variants">Those compared; may be empty when nothing was started.</param>
public sealed record ReportModel(string Scenario, string Mode, string Verdict, IReadOnlyList<ReportVariant> Variants)
{
    /// <summary>Why, a sentence each; empty where there is nothing to compare.</summary>
    public IReadOnlyList<string> Why { get; init; } = [];

    /// <summary>What a reader must know first: the run was aborted, or the emulator was late. Null: nothing.</summary>
    public string? Notice { get; init; }

    /// <summary>When it ran; null leaves it out, so that equal runs give equal files.</summary>
    public DateTimeOffset? RanAt { get; init; }

    /// <summary>Objectives in milliseconds; null: not asked for.</summary>
    public double? SloTtftMs { get; init; }

    public double? SloTpotMs { get; init; }

    public double? SloE2eMs { get; init; }

    /// <summary>Other candidates to show beside the variants, e.g. of a sweep or plan.</summary>
    public IReadOnlyList<ParetoPoint> Candidates { get; init; } = [];
}

/// <summary>One run of one cluster.</summary>
/// <param name="Name">E.g. <c>2P2D</c> or <c>aggregated</c>.</param>
/// <param name="DurationS">First arrival to last end, emulated seconds.</param>
public sealed record ReportVariant(string Name, int Gpus, double DurationS)
{
    public bool Disaggregated { get; init; }
    public IReadOnlyList<RequestRow> Requests { get; init; } = [];

    /// <summary>Gaps between tokens as (milliseconds, share of gaps at most so long), ascending; empty: not kept.</summary>
    public IReadOnlyList<(double Milliseconds, double Share)> ItlCdf { get; init; } = [];

    public double GoodputRps { get; init; }
    public double OutputTokensPerS { get; init; }
    public double PrefixHitRate { get; init; }

    /// <summary>Null where a GPU's price is not known.</summary>
    public double? CostPerMillionTokens { get; init; }

    /// <summary>Binding wall by <c>prefill</c> and <c>decode</c>.</summary>
    public IReadOnlyDictionary<string, string> Walls { get; init; } = new Dictionary<string, string>();

    /// <summary>Steps, all or a sample; at most <see cref="ReportData.MaxSteps"/> are drawn.</summary>
    public IReadOnlyList<StepRow> Steps { get; init; } = [];

    /// <summary>Roofs of the GPUs in use; several variants may share one.</summary>
    public IReadOnlyList<Roof> Roofs { get; init; } = [];

    /// <summary>KV usage by instance over time, 0 to 1.</summary>
    public IReadOnlyList<TimeSeries> Occupancy { get; init; } = [];

    /// <summary>Utilisation by link over time, 0 to 1.</summary>
    public IReadOnlyList<TimeSeries> Links { get; init; } = [];
}

/// <summary>One request after its end, emulated milliseconds.</summary>
/// <param name="HopsMs">The seven hops of TTFT in the order of <see cref="ReportData.HopNames"/>; null when it had no first token.</param>
public readonly record struct RequestRow(bool Completed, double TtftMs, double TpotMs, double E2eMs, int OutputTokens, IReadOnlyList<double>? HopsMs);

/// <summary>One step: where it lies on the roofline of one GPU.</summary>
/// <param name="Role">E.g. <c>prefill</c>.</param>
/// <param name="Wall">The resource that bound it.</param>
public readonly record struct StepRow(string Role, string Instance, double DurationMs, double Flops, double HbmBytes, long Tokens, string Wall);

/// <summary>Peaks of one GPU in the format that computes.</summary>
public sealed record Roof(string Name, double FlopsPerSecond, double HbmBytesPerSecond);

/// <summary>Values over emulated seconds, ascending.</summary>
public sealed record TimeSeries(string Name, IReadOnlyList<(double Seconds, double Value)> Points);

/// <summary>A cluster by what it gives each user and each GPU.</summary>
public readonly record struct ParetoPoint(string Name, double TokensPerSecondPerUser, double TokensPerSecondPerGpu);
