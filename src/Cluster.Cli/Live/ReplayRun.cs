using System.Globalization;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Engine.Topology;
using Cluster.Grains.Journal;
using Cluster.Grains.Messages;
using Cluster.Scenarios;
using Cluster.Simulator;
using Cluster.Simulator.Recording;
using Cluster.Simulator.Reporting;
using Spectre.Console;

namespace Cluster.Cli.Live;

/// <summary>
/// Plays a recorded live run again. The router gets the very inputs that it got live, and must decide the same; the
/// simulator gets the arrivals, and times everything else itself.
/// </summary>
internal static class ReplayRun
{
    /// <param name="Report">Of the simulated run.</param>
    /// <param name="Decisions">Of the recorded run.</param>
    /// <param name="Same">Of them, those that the router makes again on the same inputs.</param>
    /// <param name="PlacedSame">Of them, those that virtual time places alike though it times everything itself.</param>
    internal sealed record Outcome(RunReport Report, int Decisions, int Same, int PlacedSame)
    {
        public bool IsFaithful => Same == Decisions;

        public string Verdict => string.Create(CultureInfo.InvariantCulture,
            $"{Same} of {Decisions} recorded decisions come out the same on the recorded inputs; {PlacedSame} of {Decisions} when virtual time decides when things happen.");
    }

    public static Outcome Run(ScenarioResult loaded, string path, CancellationToken cancellation)
    {
        var journal = Read(path);
        var name = journal[0].Cluster;
        var variant = loaded.Variants.FirstOrDefault(v => v.Cluster.Name == name)
            ?? throw new UsageException($"--replay {path}: it is of cluster '{name}'; the scenario has {string.Join(", ", loaded.Variants.Select(v => v.Cluster.Name))}.");
        var decisions = RouterReplay.Run(variant.Cluster, journal).ToList();
        var placements = new Placements(variant.Cluster);
        var run = ClusterSimulation.Run(variant.Cluster, new Workload.OpenLoop(RouterReplay.Arrivals(journal)), placements, cancellation);
        var report = VariantReport.Of(run);
        return new Outcome(
            new RunReport(loaded.Scenario!.Name, "replay", [report], Verdict.Of([report])),
            decisions.Count, decisions.Count(d => d.IsSame), decisions.Count(d => placements.AreAs(d)));
    }

    public static void Print(Outcome outcome) => Terminal.Error.WriteLine(outcome.Verdict);

    private static List<JournalEntry> Read(string path)
    {
        try
        {
            var journal = RouterJournal.Read(path).ToList();
            return journal.Count > 0 && journal[0].Op == "begin"
                ? journal
                : throw new UsageException($"--replay {path}: it does not begin with a router's beginning; record one with 'xpyd run SCENARIO --record FILE'.");
        }
        catch (Exception wrong) when (wrong is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new UsageException($"--replay {path}: {wrong.Message}");
        }
    }

    private sealed class Placements(ClusterSpec cluster) : ISimulationObserver
    {
        private readonly Dictionary<long, (string Prefill, string Decode)> _placed = [];

        public void StepBegan(int index, Instance instance, in Step step)
        {
        }

        public void Ended(in RequestRecord record)
        {
        }

        public void Placed(RequestSpec request, RoutingDecision decision) =>
            _placed[request.Id] = (cluster.Instances[decision.PrefillInstance].Name, cluster.Instances[decision.DecodeInstance].Name);

        public bool AreAs(ReplayedDecision recorded) => _placed.TryGetValue(recorded.RequestId, out var placed)
            ? (recorded.Prefill, recorded.Decode) == placed
            : recorded.Prefill is null;
    }
}
