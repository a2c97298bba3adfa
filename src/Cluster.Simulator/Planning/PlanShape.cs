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

    public GpuProfile Gpu => Instance.Deployment.Gpu;

    /// <summary>Dollars of one instance per hour; 0: price unknown.</summary>
    public double DollarsPerHour => Gpu.DollarsPerHour * Gpus;

    public NumberFormat Weights => Instance.Deployment.Weights;

    public NumberFormat Kv => Instance.Deployment.Kv;

    /// <summary>Requests per second when it does both, one phase at a time.</summary>
    public double AggregatedRps => PrefillRps <= 0 || DecodeRps <= 0 ? 0 : 1 / ((1 / PrefillRps) + (1 / DecodeRps));

    /// <summary>Every split (<see cref="PlanSplits"/>) in every format on every GPU type. What does not fit or cannot be built is left out.</summary>
    /// <param name="like">An instance of the scenario: its engine and limits.</param>
    public static IReadOnlyList<PlanShape> All(
        InstanceSpec like, PlanSpace space, IReadOnlyList<GpuProfile> gpuTypes, IReadOnlyList<(NumberFormat Weights, NumberFormat Kv)> formats,
        SloSpec slo, double inputTokens, double outputTokens)
    {
        ArgumentNullException.ThrowIfNull(like);
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(gpuTypes);
        ArgumentNullException.ThrowIfNull(formats);
        ArgumentNullException.ThrowIfNull(slo);
        var shapes = new List<PlanShape>();
        foreach (var gpu in gpuTypes)
        {
            foreach (var (weights, kv) in formats)
            {
                var deployment = like.Deployment with { Gpu = gpu, Weights = weights, Kv = kv, TwoBatchOverlap = false, Parallelism = new Parallelism() };
                foreach (var split in PlanSplits.Of(deployment, space.GroupGpus))
                    if (TryBuild(like, deployment with { Parallelism = split }) is { } instance) shapes.Add(Priced(instance, slo, inputTokens, outputTokens));
            }
        }

        return shapes;
    }

    private static PlanShape Priced(InstanceSpec instance, SloSpec slo, double inputTokens, double outputTokens)
    {
        var alone = RateMatch.PromptSeconds(instance, inputTokens);
        return new PlanShape(
            instance, RateMatch.PrefillRps(instance, inputTokens), RateMatch.DecodeRps(instance, inputTokens, outputTokens, slo.TpotNs / 1e9),
            slo.TtftNs is not { } limit || alone <= limit / 1e9);
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
