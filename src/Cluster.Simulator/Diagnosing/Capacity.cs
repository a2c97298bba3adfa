using Cluster.Engine.Cost;
using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator.Diagnosing;

/// <summary>How many sequences a cluster holds at once: the seeds' capacity equation on the engine's own pools.</summary>
public static class Capacity
{
    /// <summary>Sequences of the workload's mean length (prompt and half of the answer) whose KV fits where they decode.</summary>
    public static double Sequences(ClusterSpec cluster, IReadOnlyList<RequestRecord> requests)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(requests);
        var mean = requests.Count == 0 ? 1 : Math.Max(1, requests.Average(r => r.InputTokens + (r.OutputTokens / 2.0)));
        var whole = requests.Count == 0 ? 1 : Math.Max(1, requests.Average(r => (double)r.InputTokens + r.OutputTokens));
        return cluster.Instances.Where(i => i.Role != InstanceRole.Prefill).Sum(i =>
        {
            // Contiguous reservation holds every sequence at its final length from the start.
            var held = i.Kv.ContiguousReservation ? whole : mean;
            var sequences = i.Kv.TotalBlocks / (double)i.Kv.BlocksFor(held);
            // A model without KV is bounded by the states that fit, which its batch slots were cut to.
            return i.Memory.KvBytesPerToken <= 0 ? Math.Min(sequences, i.Scheduler.MaxNumSeqs) : sequences;
        });
    }
}

/// <summary>The fewest GPUs, a power of two, that hold one instance of a model with room for KV.</summary>
public static class MinimumGpus
{
    private const int Most = 1024;

    /// <summary>Tensor parallelism up to a scale-up domain, then pipeline stages; 0 when nothing up to a thousand GPUs does.</summary>
    public static int Of(InstanceSpec instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return Of(instance.Deployment, instance.Scheduler, instance.Memory.Utilization);
    }

    /// <inheritdoc cref="Of(InstanceSpec)"/>
    public static int Of(Deployment deployment, SchedulerSpec scheduler, double gpuMemoryUtilization)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        for (var gpus = 1; gpus <= Most; gpus *= 2)
        {
            var tp = Math.Min(gpus, deployment.Gpu.GpusPerDomain);
            var split = deployment with { Parallelism = new Parallelism(tp, gpus / tp), TwoBatchOverlap = false, RedundantExperts = 0 };
            if (DeploymentRules.CheckFit(split, scheduler, gpuMemoryUtilization).Count == 0) return gpus;
        }

        return 0;
    }
}
