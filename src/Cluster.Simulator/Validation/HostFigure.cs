using Cluster.Engine.Hardware;

namespace Cluster.Simulator.Validation;

/// <summary>A figure of an engine profile that measured points determine.</summary>
/// <param name="Prior">What is taken where the points say nothing; also where every fit starts, so that a fit depends on the points alone.</param>
/// <param name="Least">Physically plausible range.</param>
public sealed record HostFigure(string Name, double Prior, double Least, double Most, Func<EngineProfile, double> Get, Func<EngineProfile, double, EngineProfile> Set)
{
    /// <summary>Earlier versions of an engine have it to themselves: host code and kernels get faster. The others are of how an engine is built, and stay.</summary>
    public bool IsOfVersion { get; init; }

    private const double MindedShare = 0.03;

    /// <summary>The figures that serving points determine.</summary>
    public static IReadOnlyList<HostFigure> Serving { get; } =
    [
        new("step_host_seconds", 0.3e-3, 0, 5e-3, e => e.StepHostSeconds, (e, v) => e with { StepHostSeconds = v }) { IsOfVersion = true },
        new("kernel_floor_share", 0.75, 0.1, 1, e => e.KernelFloorShare, (e, v) => e with { KernelFloorShare = v }),
        new("sequence_host_seconds", 10e-6, 0, 50e-6, e => e.SequenceHostSeconds, (e, v) => e with { SequenceHostSeconds = v }),
        new("prompt_token_host_seconds", 1e-6, 0, 10e-6, e => e.PromptTokenHostSeconds, (e, v) => e with { PromptTokenHostSeconds = v }) { IsOfVersion = true },
        new("request_host_seconds", 0.01, 1e-3, 0.06, e => e.RequestHostSeconds, (e, v) => e with { RequestHostSeconds = v }) { IsOfVersion = true },
        new("request_token_host_seconds", 1e-6, 0, 10e-6, e => e.RequestTokenHostSeconds, (e, v) => e with { RequestTokenHostSeconds = v }) { IsOfVersion = true },
        new("compute_slowdown", 1, 0.8, 1.4, e => e.ComputeSlowdown, (e, v) => e with { ComputeSlowdown = v }) { IsOfVersion = true },
        new("launch_seconds", 45e-6, 3e-6, 0.1e-3, e => e.LaunchSeconds, (e, v) => e with { LaunchSeconds = v }),
        new("replica_step_host_seconds", 2e-3, 0, 15e-3, e => e.ReplicaStepHostSeconds, (e, v) => e with { ReplicaStepHostSeconds = v }),
        new("hand_over_seconds", 0.05, 0, 0.3, e => e.HandOverSeconds, (e, v) => e with { HandOverSeconds = v }),
        new("expert_prefill_slowdown", 1.3, 1.1, 1.5, e => e.ExpertPrefillSlowdown, (e, v) => e with { ExpertPrefillSlowdown = v }),
        new("narrow_cache_penalty", 0.5, 0, 1, e => e.NarrowCachePenalty, (e, v) => e with { NarrowCachePenalty = v }),
    ];

    /// <summary>Eager kernels of 2023: launches, and Python work per sequence and per prompt token, rule.</summary>
    public static IReadOnlyList<HostFigure> Splitwise { get; } =
    [
        new("launch_seconds", 15e-6, 5e-6, 100e-6, e => e.LaunchSeconds, (e, v) => e with { LaunchSeconds = v }),
        new("prompt_token_host_seconds", 20e-6, 0, 200e-6, e => e.PromptTokenHostSeconds, (e, v) => e with { PromptTokenHostSeconds = v }),
        new("sequence_host_seconds", 0.2e-3, 0, 1e-3, e => e.SequenceHostSeconds, (e, v) => e with { SequenceHostSeconds = v }),
        new("step_host_seconds", 10e-3, 0, 20e-3, e => e.StepHostSeconds, (e, v) => e with { StepHostSeconds = v }),
        new("kernel_floor_share", 0.5, 0.1, 1, e => e.KernelFloorShare, (e, v) => e with { KernelFloorShare = v }),
    ];

    /// <summary>The profile with these figures.</summary>
    public static EngineProfile Apply(IReadOnlyList<HostFigure> figures, EngineProfile profile, IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(values);
        for (var i = 0; i < figures.Count; i++) profile = figures[i].Set(profile, values[i]);
        return profile;
    }

    /// <summary>
    /// What a fit writes: two significant digits, since more would claim more than the points know; as many as tell a fiftieth of each range apart where the points
    /// mind, which is where two would raise the loss by more than <see cref="MindedShare"/>. What the catalog has already stays where that is no worse: fewer digits move
    /// the optimum, so that fits of much the same points would change figures to and fro.
    /// </summary>
    public static double[] Written(IReadOnlyList<HostFigure> figures, IReadOnlyList<double> values, double[] committed, Func<double[], double> lossAt)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(lossAt);
        double[] coarse = [.. figures.Select((f, i) => f.Rounded(values[i], fine: false))], fine = [.. figures.Select((f, i) => f.Rounded(values[i], fine: true))];
        var written = coarse.SequenceEqual(fine) || lossAt(coarse) <= (1 + MindedShare) * lossAt(fine) ? coarse : fine;
        return lossAt(committed) <= lossAt(written) ? committed : written;
    }

    /// <summary>A value as it is written; one that the points leave alone stays what it was taken for.</summary>
    public double Rounded(double value, bool fine)
    {
        if (value <= 0) return 0;
        if (Math.Abs(value - Prior) <= (Most - Least) * 1e-6) return Prior;
        var digits = 1 - Math.Floor(Math.Log10(value));
        var scale = Math.Pow(10, fine ? Math.Max(digits, Math.Ceiling(-Math.Log10((Most - Least) / 50))) : digits);
        return Math.Clamp(Math.Round(value * scale) / scale, Least, Most);
    }
}
