using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;

namespace Cluster.Simulator.Planning;

/// <summary>The ways to spread one instance over GPUs that are worth a look.</summary>
public static class PlanSplits
{
    /// <summary>Expert parallelism beyond this many ranks is left to whoever asks for it by hand.</summary>
    private const int MostExpertRanks = 64;

    private const int MostStages = 4;

    /// <summary>
    /// Every TP that the heads allow up to the scale-up domain; two and four stages of the widest; for mixtures of experts,
    /// experts sliced, experts whole, and attention replicated over the experts' ranks (DP attention with EP).
    /// </summary>
    public static IEnumerable<Parallelism> Of(Deployment deployment, int gpus)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        var widths = Widths(deployment, gpus);
        var experts = deployment.Model.IsMoe;
        foreach (var tp in widths)
        {
            yield return new Parallelism(tp);
            if (experts && tp > 1) yield return new Parallelism(tp, 1, 1, tp);
            for (var dp = 2; experts && tp * dp <= Math.Min(gpus, MostExpertRanks); dp *= 2) yield return new Parallelism(tp, 1, dp, tp * dp);
        }

        for (var pp = 2; pp <= MostStages; pp *= 2)
        {
            var widest = widths.LastOrDefault(tp => tp * pp <= gpus);
            if (widest == 0) continue;
            yield return new Parallelism(widest, pp);
            if (experts && widest > 1) yield return new Parallelism(widest, pp, 1, widest);
        }
    }

    private static List<int> Widths(Deployment deployment, int gpus) =>
        [.. Enumerable.Range(1, Math.Min(deployment.Gpu.GpusPerDomain, gpus))
            .Where(tp => DeploymentRules.Check(deployment with { Parallelism = new Parallelism(tp), TwoBatchOverlap = false, RedundantExperts = 0 }).Count == 0)];
}
