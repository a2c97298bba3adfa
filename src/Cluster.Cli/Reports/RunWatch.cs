using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Grains.Instances;
using Cluster.Report;
using Cluster.Simulator;
using Cluster.Simulator.Recording;

namespace Cluster.Cli.Reports;

/// <summary>Looks on at a run for its report and timeline: keeps a bounded sample of steps and occupancy, writes the timeline as it goes.</summary>
/// <param name="timeline">Shared by the variants of a scenario; null: none is written.</param>
internal sealed class RunWatch(ClusterSpec cluster, TimelineWriter? timeline) : ISimulationObserver, IStepWatch
{
    /// <summary>Beyond it every other sample is dropped and the interval doubles.</summary>
    private const int MaxSamples = 8_000;

    private readonly List<StepRow> _steps = [];
    private readonly List<(double, double)>[] _occupancy = [.. cluster.Instances.Select(_ => new List<(double, double)>())];
    private readonly List<(string Source, long StartNs, long EndNs)> _transfers = [];
    private readonly string[] _names = Names(cluster, timeline);
    private readonly int[] _seen = new int[cluster.Instances.Length];
    private readonly int[] _every = [.. cluster.Instances.Select(_ => 1)];
    /// <summary>The instances of a live cluster step on many threads.</summary>
    private readonly Lock _gate = new();
    private long _stepsSeen;
    private int _stepEvery = 1;

    public IReadOnlyList<StepRow> Steps => _steps;

    public IReadOnlyList<TimeSeries> Occupancy => [.. cluster.Instances.Select((spec, i) => new TimeSeries(spec.Name, _occupancy[i]))];

    /// <summary>Steps of instances that joined while the run went on are left out.</summary>
    public void StepBegan(Instance instance, in Step step)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var index = Array.FindIndex(_names, name => name == instance.Spec.Name);
        if (index >= 0) StepBegan(index, instance, in step);
    }

    public void StepBegan(int index, Instance instance, in Step step)
    {
        ArgumentNullException.ThrowIfNull(instance);
        using var _ = _gate.EnterScope();
        var (spec, usage) = (instance.Spec, instance.State.Pool.Usage);
        var wall = step.Cost.Wall.ToString().ToLowerInvariant();
        timeline?.Step(cluster.Name, spec.Name, step.StartNs, step.DurationNs, step.Shape.TotalTokens, step.Shape.PrefillSequences, step.Shape.DecodeSequences, wall);
        timeline?.Value(cluster.Name, spec.Name, "kv_usage", step.StartNs, usage);
        if (_stepsSeen++ % _stepEvery == 0)
        {
            _steps.Add(new StepRow(
                spec.Role.ToString().ToLowerInvariant(), spec.Name, step.DurationNs / 1e6, step.Cost.Flops, step.Cost.HbmBytes, step.Shape.TotalTokens, wall));
            if (_steps.Count >= MaxSamples) _stepEvery *= Halve(_steps);
        }

        if (_seen[index]++ % _every[index] != 0) return;
        _occupancy[index].Add((step.StartNs / 1e9, usage));
        if (_occupancy[index].Count >= MaxSamples) _every[index] *= Halve(_occupancy[index]);
    }

    /// <summary>Transfers as the links of a live cluster carried them, by sender; empty in virtual time, where the requests tell.</summary>
    public IReadOnlyList<(string Source, long StartNs, long EndNs)> Transfers => _transfers;

    public void Transferred(string source, string destination, long startNs, long endNs)
    {
        using var _ = _gate.EnterScope();
        _transfers.Add((source, startNs, endNs));
        timeline?.Transfer(cluster.Name, source, destination, startNs, endNs - startNs);
    }

    public void Ended(in RequestRecord record)
    {
        if (timeline is null || record.Outcome != RequestOutcome.Completed) return;
        var (at, parts) = (record.ArrivedNs, new List<(string, long, long)>());
        for (var hop = 0; hop < TtftHops.Names.Count; hop++)
        {
            if (record.Hops[hop] > 0) parts.Add((TtftHops.Names[hop], at, record.Hops[hop]));
            // Live, the links tell of their transfers themselves.
            if (TtftHops.Names[hop] == "kv_transfer" && record.Hops[hop] > 0 && _transfers.Count == 0 && record.PrefillInstance >= 0 && record.DecodeInstance >= 0 && Math.Max(record.PrefillInstance, record.DecodeInstance) < _names.Length)
                timeline.Transfer(cluster.Name, _names[record.PrefillInstance], _names[record.DecodeInstance], at, record.Hops[hop]);
            at += record.Hops[hop];
        }

        if (record.FinishedNs > at) parts.Add(("decode", at, record.FinishedNs - at));
        timeline.Request(cluster.Name, record.Id, record.ArrivedNs, Math.Max(at, record.FinishedNs), parts);
    }

    /// <summary>In the cluster's order, and so the timeline's tracks: instances, what leaves them, requests.</summary>
    private static string[] Names(ClusterSpec cluster, TimelineWriter? timeline)
    {
        string[] names = [.. cluster.Instances.Select(i => i.Name)];
        timeline?.Declare(cluster.Name, names);
        return names;
    }

    private static int Halve<T>(List<T> samples)
    {
        var kept = samples.Where((_, i) => i % 2 == 0).ToList();
        samples.Clear();
        samples.AddRange(kept);
        return 2;
    }
}
