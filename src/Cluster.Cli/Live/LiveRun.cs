using System.Globalization;
using Cluster.Engine.Diagnosis;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Gateway;
using Cluster.Gateway.Live;
using Cluster.Grains.Instances;
using Cluster.Grains.Messages;
using Cluster.Load;
using Cluster.Scenarios;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Reporting;

namespace Cluster.Cli.Live;

/// <summary>Runs variants of a scenario on a live cluster, one after the other, through real HTTP on loopback.</summary>
internal static class LiveRun
{
    /// <param name="watch">Looks on at the steps; null: nobody does.</param>
    /// <param name="recordPath">File for the router's inputs; null: none.</param>
    /// <param name="gateway">What stands in front of the cluster; null: plain HTTP on any free port of loopback.</param>
    /// <param name="onProgress">Told how far the driver is.</param>
    public static async Task<LiveOutcome> RunAsync(
        ResolvedVariant variant, IStepWatch? watch, string? recordPath, GatewayOptions? gateway, Action<LoadProgress>? onProgress, CancellationToken cancellation)
    {
        var live = Options(variant) with { Watch = watch, RecordPath = recordPath, LogsPace = false };
        await using var cluster = await LiveCluster.StartAsync(variant.Cluster, gateway is null ? live : live with { Gateway = gateway }, cancellation);
        var options = new LoadOptions
        {
            TimeScale = variant.Variant.Time.Scale,
            AskForHops = true,
            SendOutputContent = true,
            MaxConnections = 4096,
            // Its own gateway, on an address that the certificate need not name.
            PinnedCertificate = cluster.Certificate,
        };
        var progress = onProgress is null ? null : new ImmediateProgress(onProgress);
        var before = await cluster.GetSnapshotAsync();
        var startedNs = cluster.NowNs;
        cluster.PlayFaults();
        var load = await LoadDriver.RunAsync(cluster.Endpoint, variant.Workload, options, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        var topology = await cluster.GetSnapshotAsync();
        return new LiveOutcome(ToRecord(variant, load, before, topology, startedNs), topology) { Notes = cluster.Notes, IsMeasured = variant.Variant.Time.Compute == ComputeMode.Measured };
    }

    public static LiveOptions Options(ResolvedVariant variant) => new()
    {
        TimeScale = variant.Variant.Time.Scale,
        Compute = variant.Variant.Time.Compute,
    };

    /// <param name="before">The cluster at the beginning of the run.</param>
    /// <param name="startedNs">The cluster's clock when the driver's was 0: requests and steps stand on one time axis.</param>
    private static RunRecord ToRecord(ResolvedVariant variant, LoadResult load, TopologySnapshot before, TopologySnapshot topology, long startedNs)
    {
        var cluster = variant.Cluster;
        return new RunRecord(
            cluster,
            [.. load.Records.Select(r => ToRecord(r, startedNs))],
            load.Gaps,
            [.. topology.Instances.Select(snapshot => new InstanceRecord(
                snapshot.Name, cluster.Find(snapshot.Name).Role, Walls(snapshot), snapshot.Preemptions,
                snapshot.PrefixCacheQueries, snapshot.PrefixCacheHits, snapshot.GenerationTokens, snapshot.PromptTokens)
            {
                OnShare = OnShare(cluster.Find(snapshot.Name), before, topology),
                Drafts = snapshot.Drafts,
                DraftTokens = snapshot.DraftTokens,
                AcceptedDraftTokens = snapshot.AcceptedDraftTokens,
                OnboardedTokens = snapshot.OnboardedTokens,
                KvHeldTokenSteps = snapshot.KvHeldTokenSteps,
                KvUsedTokenSteps = snapshot.KvUsedTokenSteps,
                FellBack = snapshot.FellBack,
                KvExpired = snapshot.KvExpired,
            })])
        {
            KvBytesMoved = topology.Links.BytesMoved,
        };
    }

    /// <summary>GPUs that an instance was paid for in the mean of the run ÷ those it has in the scenario.</summary>
    private static double OnShare(InstanceSpec instance, TopologySnapshot before, TopologySnapshot after) =>
        (after.GpuNs(instance.Name) - before.GpuNs(instance.Name)) / Math.Max(1, after.AtNs - before.AtNs) / instance.Deployment.Parallelism.Gpus;

    private static RequestRecord ToRecord(LoadRecord record, long startedNs)
    {
        var outcome = record.Outcome switch
        {
            LoadOutcome.Completed => RequestOutcome.Completed,
            LoadOutcome.Rejected => RequestOutcome.Rejected,
            _ => RequestOutcome.Failed,
        };
        var finishedNs = record.LastTokenNs >= 0 ? record.LastTokenNs : record.FinishedNs;
        return new RequestRecord(
            record.Id, outcome, startedNs + record.IntendedNs, startedNs + finishedNs, record.InputTokens, record.OutputTokens, record.CachedTokens,
            Math.Max(0, record.TtftNs), Hops(record), -1, -1);
    }

    private static TtftHops Hops(LoadRecord record)
    {
        return new TtftHops(Ns(0), Ns(1), Ns(2), Ns(3), Ns(4), Ns(5), Ns(6));

        long Ns(int hop) => (long)(1e6 * (record.HopsMs?.GetValueOrDefault(TtftHops.Names[hop]) ?? 0));
    }

    private static WallTally Walls(InstanceSnapshot snapshot)
    {
        var s = snapshot.WallSeconds;
        return WallTally.Restore(snapshot.BusySeconds, snapshot.Steps, s[0], s[1], s[2], s[3], s[4], s[5], snapshot.ExtrapolatedSteps);
    }

    /// <summary>Unlike <see cref="Progress{T}"/>, reports on the caller's thread and in order.</summary>
    private sealed class ImmediateProgress(Action<LoadProgress> report) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => report(value);
    }
}

/// <summary>A live variant's report, and how the emulator itself did.</summary>
internal sealed record LiveOutcome(RunRecord Run, TopologySnapshot Topology)
{
    public VariantReport Report { get; } = VariantReport.Of(Run);

    /// <summary>What the host had to say by the end of the run: calibration, pinning, corrections.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Steps took as long as their matrix products said; else these ran beside a clock that the model set.</summary>
    public bool IsMeasured { get; init; }

    /// <summary>What the reader must know before believing the figures; null when the host kept up.</summary>
    public string? Warning()
    {
        var late = Topology.Instances.Max(i => i.LatenessNs[1]) / 1e6;
        var saturated = Topology.Instances.Sum(i => i.SaturatedSteps) / (double)Math.Max(1, Topology.Instances.Sum(i => i.Steps));
        var stretch = Topology.Instances.Max(i => Math.Abs(i.MatmulRatio - 1));
        var isOff = IsMeasured && (saturated > 0.05 || stretch > 0.05);
        if (late <= 5 && !isOff) return null;
        var measured = IsMeasured ? string.Create(CultureInfo.InvariantCulture, $", {saturated:P0} found it saturated, measured matmul was off its calibration by up to {stretch:P0}") : "";
        var remedy = IsMeasured ? "try --time-scale 0.5, or --set time.compute=paced" : "try --time-scale 0.5, or a host with less to do";
        return string.Create(CultureInfo.InvariantCulture,
            $"The host did not keep up with {Report.Name}: steps ended up to {late:F1} ms late (p99){measured}. Live figures differ from the emulated cluster's by as much; {remedy}.");
    }
}
