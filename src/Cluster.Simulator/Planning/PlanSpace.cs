using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Simulator.Planning;

/// <summary>What makes one candidate better than another.</summary>
public enum PlanRank
{
    /// <summary>Goodput per GPU: for a budget of like GPUs.</summary>
    PerGpu,

    /// <summary>Goodput per dollar of GPU time, at the catalog's prices: for a choice among types.</summary>
    PerDollar,
}

/// <summary>What a plan may use, and what it ranks by.</summary>
/// <param name="Gpus">Most GPUs of a plan, of all types together; at least 1.</param>
public sealed record PlanSpace(int Gpus)
{
    /// <summary>Weights and KV to try; empty: the scenario's own, and fp8 where the GPU computes in it.</summary>
    public IReadOnlyList<(NumberFormat Weights, NumberFormat Kv)> Formats { get; init; } = [];

    /// <summary>GPU types to try, in either role; empty: those of the scenario's pools.</summary>
    public IReadOnlyList<GpuProfile> GpuTypes { get; init; } = [];

    public PlanRank Rank { get; init; }

    /// <summary>
    /// Most GPUs that are simulated as one cluster: room for the widest instances of both roles. A larger budget is spent on groups
    /// that are alike, each with a router and an even share of the load: nothing passes between them, so they add up.
    /// </summary>
    public const int MostTogether = 128;

    /// <summary>Most GPUs of one group: the budget, or what falls to each of the fewest groups that it can be cut into.</summary>
    public int GroupGpus => Gpus / ((Gpus + MostTogether - 1) / MostTogether);

    /// <summary>The budget is larger than what is simulated.</summary>
    public bool IsGrouped => GroupGpus < Gpus;

    /// <summary>Groups like <paramref name="candidate"/> that the budget pays for; 1 where it is simulated whole.</summary>
    public int Groups(PlanCandidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        return IsGrouped ? Gpus / candidate.Gpus : 1;
    }

    /// <summary>The figure that candidates are ranked by; 0 where it is not known.</summary>
    internal double Worth(PlanResult result) => Rank == PlanRank.PerGpu ? result.GoodputPerGpu : result.GoodputPerDollar ?? 0;

    /// <summary>The same figure of the first guess.</summary>
    internal double Promise(PlanCandidate candidate) =>
        Rank == PlanRank.PerGpu ? candidate.EstimatedRps : candidate.DollarsPerHour > 0 ? candidate.EstimatedRps / candidate.DollarsPerHour : 0;
}
