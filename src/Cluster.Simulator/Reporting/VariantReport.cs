using System.Text.Json.Serialization;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Reporting;

/// <summary>One variant of a scenario, measured: the keys of the published JSON, in snake case there.</summary>
public sealed record VariantReport
{
    public required string Name { get; init; }
    public required int Gpus { get; init; }

    /// <summary>GPUs paid for, averaged over the run: fewer than <see cref="Gpus"/> where pools scale.</summary>
    public required double MeanGpus { get; init; }
    public required int Requests { get; init; }
    public required int Completed { get; init; }
    public required int Failed { get; init; }

    /// <summary>Of the failed ones: turned away since longer than the context or than an instance's KV cache.</summary>
    [JsonIgnore]
    public int TooLong { get; init; }

    /// <summary>Requests that continued elsewhere because their instance was lost.</summary>
    public required int Rerouted { get; init; }

    /// <summary>First arrival to last end, emulated seconds.</summary>
    public required double DurationS { get; init; }
    public required double OutputTokensPerS { get; init; }
    public required double RequestsPerS { get; init; }

    /// <summary>Requests per second that met all SLOs.</summary>
    public required double GoodputRps { get; init; }

    /// <summary>False where the scenario asks for nothing, so that every completed request counts as good.</summary>
    [JsonIgnore]
    public bool HasObjectives { get; init; } = true;
    public required Distribution TtftMs { get; init; }
    public required Distribution TpotMs { get; init; }
    public required Distribution ItlMs { get; init; }
    public required Distribution E2eMs { get; init; }

    /// <summary>Mean of each hop; they add up to the mean TTFT. Live runs have a further one, <c>http</c>.</summary>
    public required IReadOnlyDictionary<string, double> TtftHopsMs { get; init; }

    /// <summary>Prompt tokens found in cache ÷ prompt tokens.</summary>
    public required double PrefixHitRate { get; init; }

    /// <summary>Prompt tokens that came up from a tier below HBM ÷ prompt tokens; part of the hit rate.</summary>
    public required double TierHitRate { get; init; }

    /// <summary>Times that a running request lost its blocks and was computed again.</summary>
    public required long Preemptions { get; init; }

    /// <summary>KV that crossed links, gigabytes (10⁹).</summary>
    public required double KvMovedGb { get; init; }

    /// <summary>Share of the KV held by requests that held no token: reserved and never used, or the end of a last block.</summary>
    public required double KvWaste { get; init; }

    /// <summary>Tokens that a verifying pass gave a sequence, accepted drafts and the one of its own; null where nothing is drafted.</summary>
    public required double? TokensPerPass { get; init; }

    /// <summary>TTFT that routing decisions lost against an oracle that knows every instance as it is; null unless decisions were logged.</summary>
    public Distribution? RegretMs { get; init; }

    /// <summary>Share of steps priced outside what kernels were measured for, or on a GPU whose kernels were not measured.</summary>
    public required double ExtrapolatedSteps { get; init; }

    /// <summary>Binding wall by role; an aggregated cluster names its one wall for both.</summary>
    public required IReadOnlyDictionary<string, string> Walls { get; init; }

    /// <summary>Dollars per million output tokens; null where a GPU's price is not known.</summary>
    public required double? CostPerMillionTokens { get; init; }

    public static VariantReport Of(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var totals = new RequestTotals(run);
        var seconds = Math.Max((totals.LastNs - totals.FirstNs) / 1e9, 1e-9);
        return new VariantReport
        {
            Name = run.Cluster.Name,
            Gpus = run.Cluster.Gpus,
            MeanGpus = run.Cluster.Instances.Zip(run.Instances, (spec, record) => spec.Deployment.Parallelism.Gpus * record.OnShare).Sum(),
            Requests = run.Requests.Count,
            Completed = totals.Completed,
            Failed = run.Requests.Count - totals.Completed,
            TooLong = run.Requests.Count(r => r.Rejection == RejectionReason.TooLong),
            Rerouted = totals.Rerouted,
            DurationS = run.Requests.Count == 0 ? 0 : seconds,
            OutputTokensPerS = totals.OutputTokens / seconds,
            RequestsPerS = totals.Completed / seconds,
            GoodputRps = totals.Good / seconds,
            HasObjectives = run.Cluster.Slo != new SloSpec(),
            TtftMs = totals.TtftMs(),
            TpotMs = totals.TpotMs(),
            ItlMs = Distribution.Of(run.Gaps),
            E2eMs = totals.E2eMs(),
            TtftHopsMs = totals.MeanHops(),
            PrefixHitRate = totals.InputTokens == 0 ? 0 : totals.CachedTokens / (double)totals.InputTokens,
            TierHitRate = totals.InputTokens == 0 ? 0 : Math.Min(1, run.Instances.Sum(i => i.OnboardedTokens) / (double)totals.InputTokens),
            Preemptions = run.Instances.Sum(i => i.Preemptions),
            KvMovedGb = run.KvBytesMoved / 1e9,
            KvWaste = run.Instances.Sum(i => i.KvHeldTokenSteps) is > 0 and var held ? 1 - (run.Instances.Sum(i => i.KvUsedTokenSteps) / held) : 0,
            TokensPerPass = run.Instances.Sum(i => i.Drafts) is > 0 and var drafts ? 1 + (run.Instances.Sum(i => i.AcceptedDraftTokens) / (double)drafts) : null,
            RegretMs = run.Regrets is { } regrets ? Distribution.Of(regrets) : null,
            ExtrapolatedSteps = run.Instances.Sum(i => i.Walls.Steps) is > 0 and var steps ? run.Instances.Sum(i => i.Walls.ExtrapolatedSteps) / (double)steps : 0,
            Walls = WallsByRole(run),
            CostPerMillionTokens = Cost(run, seconds, totals.OutputTokens),
        };
    }

    private static Dictionary<string, string> WallsByRole(RunRecord run)
    {
        var walls = new Dictionary<string, string>();
        foreach (var role in run.Instances.GroupBy(i => i.Role))
        {
            var tally = new WallTally();
            foreach (var instance in role) tally.Add(instance.Walls);
            var wall = tally.Binding.ToString().ToLowerInvariant();
            if (role.Key != InstanceRole.Aggregated) walls[role.Key.ToString().ToLowerInvariant()] = wall;
            else foreach (var phase in (string[])["prefill", "decode"]) walls.TryAdd(phase, wall);
        }

        return walls;
    }

    private static double? Cost(RunRecord run, double seconds, long outputTokens)
    {
        double dollarsPerHour = 0;
        foreach (var (instance, record) in run.Cluster.Instances.Zip(run.Instances))
        {
            if (instance.Deployment.Gpu.DollarsPerHour is not (var price and > 0)) return null;
            dollarsPerHour += price * instance.Deployment.Parallelism.Gpus * record.OnShare;
        }

        return outputTokens == 0 ? null : dollarsPerHour * seconds / 3600 / outputTokens * 1e6;
    }
}
