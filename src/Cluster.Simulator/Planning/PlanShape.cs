using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;
using Cluster.Simulator.Levers;

namespace Cluster.Simulator.Planning;

/// <summary>One way to build an instance, and how fast it gets through each phase by the price of its steps.</summary>
/// <param name="PrefillRps">Prompts per second when it does nothing else.</param>
/// <param name="DecodeRps">Answers per second when it does nothing else, within the TPOT objective.</param>
/// <param name="MeetsTtft">A mean prompt alone is computed within the TTFT objective.</param>
public sealed record PlanShape(InstanceSpec Instance, double PrefillRps, double DecodeRps, bool MeetsTtft)
{
    public Parallelism Parallelism => Instance.Deployment.Parallelism;

    public int Gpus => Parallelism.Gpus;

    public NumberFormat Weights => Instance.Deployment.Weights;

    public NumberFormat Kv => Instance.Deployment.Kv;

    /// <summary>Requests per second when it does both, one phase at a time.</summary>
    public double AggregatedRps => PrefillRps <= 0 || DecodeRps <= 0 ? 0 : 1 / ((1 / PrefillRps) + (1 / DecodeRps));

    /// <summary>
    /// Every power of two of TP up to the scale-up domain; two and four stages of the widest; for mixtures of experts,
    /// experts sliced and experts whole; each in every format. What does not fit or cannot be built is left out.
    /// </summary>
    /// <param name="like">An instance of the scenario: its GPU, engine and limits.</param>
    public static IReadOnlyList<PlanShape> All(
        InstanceSpec like, int gpus, IReadOnlyList<(NumberFormat Weights, NumberFormat Kv)> formats, SloSpec slo, double inputTokens, double outputTokens)
    {
        ArgumentNullException.ThrowIfNull(like);
        ArgumentNullException.ThrowIfNull(formats);
        ArgumentNullException.ThrowIfNull(slo);
        var shapes = new List<PlanShape>();
        foreach (var (weights, kv) in formats)
        {
            foreach (var split in Splits(like.Deployment, gpus))
            {
                if (TryBuild(like, like.Deployment with { Parallelism = split, Weights = weights, Kv = kv, TwoBatchOverlap = false }) is not { } instance) continue;
                var prefill = RateMatch.PrefillRps(instance, inputTokens);
                var alone = RateMatch.PromptSeconds(instance, inputTokens);
                shapes.Add(new PlanShape(
                    instance, prefill, RateMatch.DecodeRps(instance, inputTokens, outputTokens, slo.TpotNs / 1e9),
                    slo.TtftNs is not { } limit || alone <= limit / 1e9));
            }
        }

        return shapes;
    }

    private static IEnumerable<Parallelism> Splits(Deployment deployment, int gpus)
    {
        var domain = deployment.Gpu.GpusPerDomain;
        for (var tp = 1; tp <= Math.Min(domain, gpus); tp *= 2)
        {
            for (var pp = 1; pp <= 4 && tp * pp <= gpus; pp *= 2)
            {
                if (pp > 1 && tp < Math.Min(domain, gpus / pp)) continue;
                yield return new Parallelism(tp, pp);
                if (deployment.Model.IsMoe && tp > 1) yield return new Parallelism(tp, pp, 1, tp);
            }
        }
    }

    private static InstanceSpec? TryBuild(InstanceSpec like, Deployment deployment)
    {
        try
        {
            return Redeployment.Rebuild(like, deployment);
        }
        catch (ArgumentException)
        {
            // Does not fit or cannot be built: not a candidate.
            return null;
        }
    }
}
