using Cluster.Engine.Cost;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Hardware;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Diagnosing;

/// <summary>A run, what bound each role of it over the whole and over time, and the decision tree's answers.</summary>
public sealed record ClusterDiagnosis(
    VariantReport Report, RunRecord Run, IReadOnlyList<RoleDiagnosis> Roles,
    IReadOnlyDictionary<string, IReadOnlyList<(double FromSeconds, Wall Wall)>> Windows, IReadOnlyList<TreeAnswer> Tree, string Verdict)
{
    private const int WindowsPerRun = 20;

    /// <summary>The wall where prompts are computed and where tokens are; the same role twice in an aggregated cluster.</summary>
    public RoleDiagnosis Prefill => Roles.First(r => r.Role != "decode");

    public RoleDiagnosis Decode => Roles.Last(r => r.Role != "prefill");

    /// <summary>Runs the workload twice: once for its length, once watched in windows of a twentieth of it.</summary>
    public static ClusterDiagnosis Of(ClusterSpec cluster, Workload workload, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var run = ClusterSimulation.Run(cluster, workload, null, cancellation);
        var report = VariantReport.Of(run);
        var observer = new WallObserver(cluster, Math.Max(1, (long)(report.DurationS * 1e9 / WindowsPerRun)));
        ClusterSimulation.Run(cluster, workload, observer, cancellation);
        var roles = run.Instances.Select(i => i.Role).Distinct().Select(role => OfRole(run, report, role, observer)).ToList();
        var windows = run.Instances.Select(i => i.Role).Distinct().ToDictionary(Name, observer.Windows);
        var tree = DecisionTree.Ask(Facts(run, report, roles));
        return new ClusterDiagnosis(report, run, roles, windows, tree, DecisionTree.Verdict(tree));
    }

    private static RoleDiagnosis OfRole(RunRecord run, VariantReport report, InstanceRole role, WallObserver observer)
    {
        var tally = new WallTally();
        var instances = run.Instances.Where(i => i.Role == role).ToList();
        foreach (var instance in instances) tally.Add(instance.Walls);
        var deployment = run.Cluster.Instances.First(i => i.Role == role).Deployment;
        return RoleDiagnosis.Of(
            Name(role), tally, report.DurationS * instances.Count, observer.ImbalanceSeconds(role),
            deployment.Gpu.PeakFlops[deployment.Gpu.ComputeFormat(deployment.Weights)], deployment.Gpu.HbmBytesPerSecond, instances.Sum(i => i.Preemptions));
    }

    private static TreeFacts Facts(RunRecord run, VariantReport report, List<RoleDiagnosis> roles)
    {
        var decodes = run.Cluster.Instances.Where(i => i.Role != InstanceRole.Prefill).ToList();
        var spec = decodes[0];
        var one = spec.Deployment with { Parallelism = new Parallelism(), TwoBatchOverlap = false };
        var alone = MemoryPlanner.Plan(one, spec.Scheduler, spec.Memory.Utilization);
        var completed = run.Requests.Where(r => r.Outcome == RequestOutcome.Completed).ToList();
        var (prefill, decode) = (roles.First(r => r.Role != "decode"), roles.Last(r => r.Role != "prefill"));
        var ttft = report.TtftHopsMs.Values.Sum();
        return new TreeFacts
        {
            Model = spec.Deployment.Model.Name,
            OneGpuBytes = alone.WeightBytes + alone.ActivationBytes + alone.GraphBytes,
            UsableBytes = alone.UsableBytes,
            MinimumGpus = MinimumGpus.Of(spec),
            InstanceGpus = spec.Deployment.Parallelism.Gpus,
            CapacitySequences = Capacity.Sequences(run.Cluster, completed),
            MeanConcurrency = report.DurationS <= 0 ? 0 : completed.Sum(r => r.E2eNs / 1e9) / report.DurationS,
            WaitingForBlocks = decode.WaitingForBlocks,
            Preemptions = roles.Sum(r => r.Preemptions),
            TpotP90Ms = report.TpotMs.P90,
            TpotSloMs = run.Cluster.Slo.TpotNs / 1e6,
            TtftP90Ms = report.TtftMs.P90,
            TtftSloMs = run.Cluster.Slo.TtftNs / 1e6,
            QueueShareOfTtft = ttft <= 0 ? 0 : (report.TtftHopsMs["prefill_queue"] + report.TtftHopsMs["decode_queue"] + report.TtftHopsMs["kv_alloc"]) / ttft,
            RequestsPerSecond = report.Requests / Math.Max(report.DurationS, 1e-9),
            GoodputRps = report.GoodputRps,
            PrefillWall = prefill.Wall,
            DecodeWall = decode.Wall,
        };
    }

    private static string Name(InstanceRole role) => role.ToString().ToLowerInvariant();
}
