using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Cluster.Scenarios;
using Cluster.Simulator;
using Cluster.Simulator.Recording;

namespace Cluster.Cli.Commands;

/// <summary>Reference workloads in virtual time. Times are user CPU seconds: what other processes do to the host is not in them.</summary>
internal static class BenchSim
{
    private const int WarmRuns = 5;
    private const int ColdRuns = 3;
    private const int ShortRun = 8000;
    private const int LongRun = 60_000;

    /// <summary>Whole-process figures of public simulators on a machine with 2 cores; sources in <c>bench/README.md</c>.</summary>
    private static readonly (string Scenario, double ReferenceSeconds, string Simulator)[] Workloads =
        [("2p2d", 5.2, "BLIS"), ("4a", 3.4, "BLIS"), ("23p10d", 55, "splitwise-sim"), ("4-replicas", 7.1, "Vidur")];

    public static IReadOnlyList<BenchResult> Run(CancellationToken cancellation)
    {
        var results = new List<BenchResult>();
        foreach (var (scenario, reference, simulator) in Workloads)
        {
            results.Add(BenchResult.LowerIsBetter($"{scenario}, in process, warm", Warm(scenario, cancellation), "s CPU", reference, $"{simulator}, whole process"));
            var (seconds, megabytes) = Cold(scenario, ColdRuns);
            results.Add(BenchResult.LowerIsBetter($"{scenario}, whole cold process", seconds, "s CPU", reference, $"{simulator}, whole process"));
            results.Add(BenchResult.LowerIsBetter($"{scenario}, peak memory", megabytes, "MB", 200, "aim"));
        }

        var (daySeconds, dayMegabytes) = Cold("million-day", 1);
        results.Add(BenchResult.LowerIsBetter("a million requests in a day, 64 instances, whole cold process", daySeconds, "s CPU", 60, "aim"));
        results.Add(BenchResult.LowerIsBetter("a million requests in a day, peak memory", dayMegabytes, "MB", 200, "aim"));
        results.AddRange(BenchStepCost.Run());
        var (few, many) = PerStep(ShortRun, cancellation);
        // Long enough for every cache to hold what a cache comes to hold.
        var (fewLong, manyLong) = PerStep(LongRun, cancellation);
        results.Add(new BenchResult("a step, 4 instances", few.Ns, "ns CPU"));
        results.Add(BenchResult.LowerIsBetter("a step, 1,000 instances", many.Ns, "ns CPU", few.Ns, "4 instances"));
        results.Add(new BenchResult("a step of a long run, 4 instances", fewLong.Ns, "ns CPU"));
        results.Add(BenchResult.LowerIsBetter("a step of a long run, 1,000 instances", manyLong.Ns, "ns CPU", fewLong.Ns, "4 instances"));
        results.Add(BenchResult.LowerIsBetter("candidates looked at per request, 1,000 instances", many.Candidates, "", few.Candidates, "4 instances"));
        results.Add(BenchResult.LowerIsBetter("events per step, 1,000 instances", many.Events, "", few.Events, "4 instances"));
        return results;
    }

    private static double Warm(string name, CancellationToken cancellation)
    {
        var variant = Load(name).Variants[0];
        var seconds = new double[WarmRuns];
        for (var run = -2; run < WarmRuns; run++)
        {
            var (cpu, _) = Measure(variant, cancellation);
            if (run >= 0) seconds[run] = cpu;
        }

        return seconds.Order().ElementAt(WarmRuns / 2);
    }

    /// <summary>
    /// Steps among 4 and among 1,000 instances, measured in turns: what else the host does meets both. Load per instance is the same at
    /// any size, so a step means the same work.
    /// </summary>
    private static (StepEffort Few, StepEffort Many) PerStep(int requests, CancellationToken cancellation)
    {
        var (few, many) = (Aggregated(4, requests), Aggregated(1000, requests));
        var rounds = Enumerable.Range(-1, WarmRuns + 1).Select(_ => (Few: Measure(few, cancellation), Many: Measure(many, cancellation))).Skip(1).ToList();
        return (Median(rounds.Select(r => r.Few)), Median(rounds.Select(r => r.Many)));

        StepEffort Median(IEnumerable<(double CpuSeconds, RunRecord Run)> runs)
        {
            var (cpu, run) = runs.OrderBy(r => r.CpuSeconds).ElementAt(WarmRuns / 2);
            var (effort, steps) = (run.Effort!, (double)run.Instances.Sum(i => i.Walls.Steps));
            return new StepEffort(cpu * 1e9 / steps, effort.CandidatesLookedAt / (double)run.Requests.Count, effort.Events / steps);
        }
    }

    private readonly record struct StepEffort(double Ns, double Candidates, double Events);

    private static ResolvedVariant Aggregated(int instances, int requests)
    {
        string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
        return Load(
            "4-replicas",
            new ScenarioOverride("topology", $"{{ aggregated: {{ instances: {Text(instances)}, gpu: h100-sxm }} }}"),
            new ScenarioOverride("workload.rate", $"{Text(5 * instances)}/s"),
            new ScenarioOverride("workload.requests", Text(requests))).Variants[0];
    }

    private static (double CpuSeconds, RunRecord Run) Measure(ResolvedVariant variant, CancellationToken cancellation)
    {
        // A run pays for its own garbage, as in a process of its own, not for that of the run before.
        GC.Collect();
        using var self = Process.GetCurrentProcess();
        var before = self.UserProcessorTime;
        var run = ClusterSimulation.Run(variant.Cluster, variant.Workload, null, cancellation);
        self.Refresh();
        return ((self.UserProcessorTime - before).TotalSeconds, run);
    }

    /// <summary><c>xpyd simulate</c> on the scenario in a process of its own, which says what it used.</summary>
    private static (double CpuSeconds, double Megabytes) Cold(string name, int count)
    {
        var file = Path.Combine(Path.GetTempPath(), $"xpyd-bench-{Environment.ProcessId}.yaml");
        File.WriteAllText(file, Text(name));
        try
        {
            var runs = Enumerable.Range(0, count).Select(_ => Spawn(file)).OrderBy(r => r.CpuSeconds).ToList();
            return (runs[count / 2].CpuSeconds, runs.Max(r => r.Megabytes));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static (double CpuSeconds, double Megabytes) Spawn(string file)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in new[] { "simulate", file, "--json" }) start.ArgumentList.Add(argument);
        // As ./xpyd starts it.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        using var process = Process.Start(start)!;
        double seconds = 0, megabytes = 0;
        var reading = process.StandardOutput.ReadToEndAsync();
        // The kernel's books are closed with the process: look every few milliseconds while it runs.
        while (!process.WaitForExit(4))
        {
            try
            {
                process.Refresh();
                (seconds, megabytes) = (process.UserProcessorTime.TotalSeconds, Math.Max(megabytes, process.PeakWorkingSet64 / 1e6));
            }
            catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
            {
                // It ended between the two lines: the look before stands.
                break;
            }
        }

        process.WaitForExit();
        reading.GetAwaiter().GetResult();
        if (process.ExitCode != 0) throw new InvalidOperationException($"xpyd simulate {file} ended with exit code {process.ExitCode}.");
        return (seconds, megabytes);
    }

    private static ScenarioResult Load(string name, params ScenarioOverride[] overrides) =>
        ScenarioFile.Parse(Text(name), CliCatalog.Load(), $"bench/scenarios/{name}.yaml", overrides).OrThrow();

    private static string Text(string name)
    {
        using var stream = typeof(BenchSim).Assembly.GetManifestResourceStream($"bench/{name}.yaml")
            ?? throw new InvalidOperationException($"bench/scenarios/{name}.yaml is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
