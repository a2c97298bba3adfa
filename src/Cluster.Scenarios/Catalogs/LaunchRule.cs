using System.Collections.Immutable;
using Cluster.Engine.Cost;
using Cluster.Engine.Models;

namespace Cluster.Scenarios.Catalogs;

/// <summary>How somebody's published runs were launched: what their scripts set and their result tables do not state.</summary>
/// <param name="Name">Catalog id, e.g. inferencex.</param>
/// <param name="Source">Where the scripts are.</param>
public sealed record LaunchBook(string Name, string Source)
{
    /// <summary>In order: a later rule replaces what an earlier one set.</summary>
    public required ImmutableArray<LaunchRule> Rules { get; init; }

    /// <summary>True when some script launches this model with this engine on this GPU.</summary>
    public bool Knows(string engine, string model, string gpu) =>
        Rules.Any(r => r.Engine == engine && r.Models.Contains(model) && (r.Gpus.IsEmpty || r.Gpus.Contains(gpu)));

    /// <summary>What the scripts set for one pool of a run; nothing where no rule fits.</summary>
    public LaunchSettings For(in LaunchedPool pool)
    {
        var settings = new LaunchSettings();
        foreach (var rule in Rules)
            if (rule.Fits(in pool)) settings = settings.With(rule.Set);
        return settings;
    }
}

/// <summary>One pool of a run, as its result row states it.</summary>
/// <param name="Role">aggregated, prefill or decode.</param>
/// <param name="AttentionDp">Attention replicas per worker.</param>
public readonly record struct LaunchedPool(
    string Engine, string Model, string Gpu, NumberFormat Weights, string Role, int InputTokens, int OutputTokens, int Concurrency, int Tp, int AttentionDp, DateOnly? Date);

/// <summary>Which runs a rule is about (a condition left out holds for all) and what their script sets.</summary>
/// <param name="Script">File in the source that says so.</param>
public sealed record LaunchRule(string Script)
{
    public required string Engine { get; init; }

    public ImmutableArray<string> Models { get; init; } = [];

    public ImmutableArray<string> Gpus { get; init; } = [];

    public ImmutableArray<NumberFormat> Weights { get; init; } = [];

    /// <summary>aggregated, prefill, decode.</summary>
    public ImmutableArray<string> Roles { get; init; } = ["aggregated"];

    /// <summary>Input and output tokens as stated; null: any.</summary>
    public int? InputTokens { get; init; }

    public int? OutputTokens { get; init; }

    /// <summary>Exactly these concurrencies; empty: any.</summary>
    public ImmutableArray<int> Concurrencies { get; init; } = [];

    public int MinConcurrency { get; init; }

    public int MaxTp { get; init; } = int.MaxValue;

    /// <summary>Only workers with data-parallel attention.</summary>
    public bool AttentionDp { get; init; }

    /// <summary>First day, and the day from which it is no longer so.</summary>
    public DateOnly From { get; init; } = DateOnly.MinValue;

    public DateOnly Until { get; init; } = DateOnly.MaxValue;

    public required LaunchSettings Set { get; init; }

    internal bool Fits(in LaunchedPool p) =>
        p.Engine == Engine && Holds(Models, p.Model) && Holds(Gpus, p.Gpu) && Holds(Weights, p.Weights) && Roles.Contains(p.Role)
        && (InputTokens ?? p.InputTokens) == p.InputTokens && (OutputTokens ?? p.OutputTokens) == p.OutputTokens
        && Holds(Concurrencies, p.Concurrency) && p.Concurrency >= MinConcurrency && p.Tp <= MaxTp && (!AttentionDp || p.AttentionDp > 1)
        && (p.Date ?? From) >= From && (p.Date ?? From) < Until;

    private static bool Holds<T>(ImmutableArray<T> wanted, T value) => wanted.IsEmpty || wanted.Contains(value);
}

/// <summary>What a launch script sets; null: the engine's default.</summary>
public sealed record LaunchSettings
{
    /// <summary>Token budget of a step, per attention replica.</summary>
    public int? MaxNumBatchedTokens { get; init; }

    /// <summary>The budget is at least ISL + concurrency + this, rounded up to 64 (TensorRT-LLM scripts).</summary>
    public int? BudgetBeyondPrompt { get; init; }

    /// <summary>Batch slots, per attention replica.</summary>
    public int? MaxNumSeqs { get; init; }

    public bool? EnableChunkedPrefill { get; init; }

    /// <summary>Tokens until the first streamed chunk.</summary>
    public int? StreamInterval { get; init; }

    /// <summary>Share of HBM that the engine claims.</summary>
    public double? GpuMemoryUtilization { get; init; }

    /// <summary>See <see cref="Engine.Hardware.EngineProfile.InNetworkSums"/>.</summary>
    public bool? InNetworkSums { get; init; }

    /// <summary>Largest step that CUDA graphs are captured for.</summary>
    public int? MaxGraphTokens { get; init; }

    /// <summary>Experts spread over all ranks whatever the row says.</summary>
    public bool? ExpertParallel { get; init; }

    public NumberFormat? Kv { get; init; }

    /// <summary>Format whose kernels compute the experts, where a script forces others than the engine would choose (Marlin's, for 4-bit weights of any kind).</summary>
    public NumberFormat? ExpertKernels { get; init; }

    /// <summary>Drafted tokens: result tables do not say which rows verify some.</summary>
    public SpeculativeDecoding? Speculation { get; init; }

    /// <summary>The benchmark sent no prompts ahead: its first ones wait for kernels to be compiled, which no engine figure says anything of.</summary>
    public bool? ColdStart { get; init; }

    /// <summary>Dials of the engine's scheduler.</summary>
    public ImmutableSortedDictionary<string, double> Dials { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    internal LaunchSettings With(LaunchSettings later) => new()
    {
        MaxNumBatchedTokens = later.MaxNumBatchedTokens ?? MaxNumBatchedTokens,
        BudgetBeyondPrompt = later.BudgetBeyondPrompt ?? BudgetBeyondPrompt,
        MaxNumSeqs = later.MaxNumSeqs ?? MaxNumSeqs,
        EnableChunkedPrefill = later.EnableChunkedPrefill ?? EnableChunkedPrefill,
        StreamInterval = later.StreamInterval ?? StreamInterval,
        GpuMemoryUtilization = later.GpuMemoryUtilization ?? GpuMemoryUtilization,
        InNetworkSums = later.InNetworkSums ?? InNetworkSums,
        MaxGraphTokens = later.MaxGraphTokens ?? MaxGraphTokens,
        ExpertParallel = later.ExpertParallel ?? ExpertParallel,
        Kv = later.Kv ?? Kv,
        ExpertKernels = later.ExpertKernels ?? ExpertKernels,
        Speculation = later.Speculation ?? Speculation,
        ColdStart = later.ColdStart ?? ColdStart,
        Dials = Dials.SetItems(later.Dials),
    };
}
