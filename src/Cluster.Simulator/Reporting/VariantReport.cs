using Cluster.Engine.Diagnosis;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Reporting;

/// <summary>One variant of a scenario, measured: the keys of the published JSON, in snake case there.</summary>
public sealed record VariantReport
{
    public required string Name { get; init; }
    public required int Gpus { get; init; }
    public required int Requests { get; init; }
    public required int Completed { get; init; }
    public required int Failed { get; init; }

    /// <summary>Requests that continued elsewhere because their instance was lost.</summary>
    public required int Rerouted { get; init; }

    /// <summary>First arrival to last end, emulated seconds.</summary>
    public required double DurationS { get; init; }
    public required double OutputTokensPerS { get; init; }
    public required double RequestsPerS { get; init; }

    /// <summary>Requests per second that met all SLOs.</summary>
    public required double GoodputRps { get; init; }
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

    /// <summary>Share of the KV held by requests that held no token: reserved and never used, or the end of a last block.</summary>
    public required double KvWaste { get; init; }

    /// <summary>Tokens that a verifying pass gave a sequence, accepted drafts and the one of its own; null where nothing is drafted.</summary>
    public required double? TokensPerPass { get; init; }

    /// <summary>Binding wall by role; an aggregated cluster names its one wall for both.</summary>
    public required IReadOnlyDictionary<string, string> Walls { get; init; }

    /// <summary>Dollars per million output tokens; null where a GPU's price is not known.</summary>
    public required double? CostPerMillionTokens { get; init; }

    public static VariantReport Of(RunRecord run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var completed = run.Requests.Where(r => r.Outcome == RequestOutcome.Completed).ToList();
        var firstNs = run.Requests.Count == 0 ? 0 : run.Requests.Min(r => r.ArrivedNs);
        var lastNs = run.Requests.Count == 0 ? 0 : run.Requests.Max(r => r.FinishedNs);
        var seconds = Math.Max((lastNs - firstNs) / 1e9, 1e-9);
        var outputTokens = completed.Sum(r => (long)r.OutputTokens);
        var inputTokens = completed.Sum(r => (long)r.InputTokens);
        var good = completed.Count(r => run.Cluster.Slo.IsMetBy(r.TtftNs, r.TpotNs, r.E2eNs));
        return new VariantReport
        {
            Name = run.Cluster.Name,
            Gpus = run.Cluster.Gpus,
            Requests = run.Requests.Count,
            Completed = completed.Count,
            Failed = run.Requests.Count - completed.Count,
            Rerouted = run.Requests.Count(r => r.Reroutes > 0),
            DurationS = run.Requests.Count == 0 ? 0 : seconds,
            OutputTokensPerS = outputTokens / seconds,
            RequestsPerS = completed.Count / seconds,
            GoodputRps = good / seconds,
            TtftMs = Distribution.OfMilliseconds(completed.Select(r => r.TtftNs / 1e6)),
            TpotMs = Distribution.OfMilliseconds(completed.Where(r => r.OutputTokens > 1).Select(r => r.TpotNs / 1e6)),
            ItlMs = Distribution.Of(run.Gaps),
            E2eMs = Distribution.OfMilliseconds(completed.Select(r => r.E2eNs / 1e6)),
            TtftHopsMs = MeanHops(completed),
            PrefixHitRate = inputTokens == 0 ? 0 : completed.Sum(r => (long)r.CachedTokens) / (double)inputTokens,
            TierHitRate = inputTokens == 0 ? 0 : Math.Min(1, run.Instances.Sum(i => i.OnboardedTokens) / (double)inputTokens),
            KvWaste = run.Instances.Sum(i => i.KvHeldTokenSteps) is > 0 and var held ? 1 - (run.Instances.Sum(i => i.KvUsedTokenSteps) / held) : 0,
            TokensPerPass = run.Instances.Sum(i => i.Drafts) is > 0 and var drafts ? 1 + (run.Instances.Sum(i => i.AcceptedDraftTokens) / (double)drafts) : null,
            Walls = WallsByRole(run),
            CostPerMillionTokens = Cost(run.Cluster, seconds, outputTokens),
        };
    }

    private static Dictionary<string, double> MeanHops(List<RequestRecord> completed)
    {
        var means = new Dictionary<string, double>();
        for (var hop = 0; hop < TtftHops.Names.Count; hop++)
        {
            var at = hop;
            means[TtftHops.Names[hop]] = completed.Count == 0 ? 0 : completed.Average(r => r.Hops[at] / 1e6);
        }

        // What a client sees beyond the cluster's own hops: the wire, parsing, and the way of the first token back.
        var http = completed.Count == 0 ? 0 : completed.Average(r => (r.TtftNs - r.Hops.TotalNs) / 1e6);
        if (http > 0) means["http"] = http;
        return means;
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

    private static double? Cost(ClusterSpec cluster, double seconds, long outputTokens)
    {
        double dollarsPerHour = 0;
        foreach (var instance in cluster.Instances)
        {
            if (instance.Deployment.Gpu.DollarsPerHour is not (var price and > 0)) return null;
            dollarsPerHour += price * instance.Deployment.Parallelism.Gpus;
        }

        return outputTokens == 0 ? null : dollarsPerHour * seconds / 3600 / outputTokens * 1e6;
    }
}
