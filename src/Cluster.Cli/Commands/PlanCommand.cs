using System.CommandLine;
using Cluster.Cli.Live;
using Cluster.Cli.Output;
using Cluster.Cli.Reports;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Policies;
using Cluster.Scenarios;
using Cluster.Simulator.Planning;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd plan</c>: the topology that serves most within an SLO and a budget of GPUs.</summary>
internal static class PlanCommand
{
    private static readonly string[] Objectives = ["ttft", "tpot", "e2e"];

    public static Command Create()
    {
        var scenario = new ScenarioArguments();
        var json = CommonOptions.Json();
        var degree = CommonOptions.Parallel();
        var gpus = new Option<int>("--gpus") { Description = "Budget of GPUs. More than 128 are spent on groups alike, of which one is simulated.", Required = true };
        var slo = new Option<string?>("--slo") { Description = "Objectives, e.g. ttft=500ms,tpot=50ms. Default: the scenario's." };
        var types = new Option<string?>("--gpu-types") { Description = "GPU types to choose among, e.g. h100-sxm,h200. Default: those of the scenario's pools." };
        var by = new Option<string>("--by") { Description = "Rank by goodput per gpu, or per dollar at the catalog's prices.", DefaultValueFactory = _ => "gpu" };
        by.AcceptOnlyFromAmong("gpu", "dollar");
        var formats = new Option<string?>("--formats") { Description = "Weights/KV formats to try, e.g. bf16/bf16,fp8/fp8. Default: the scenario's, and fp8." };
        var variant = new Option<string>("--variant") { Description = "Which variant under 'compare'. Default: the scenario's own cluster.", DefaultValueFactory = _ => "" };
        var output = new Option<string?>("--out") { Description = "Write the winner as a scenario file." };
        var confirm = new Option<bool>("--confirm") { Description = "Then run the winner live at the most load it carries with the model's error as margin, the best of the other kind at as much per GPU, and hold the predictions against it." };
        gpus.MustBeWithin(1, 100_000);
        var command = new CheckedCommand("plan", "Search xPyD shapes, parallelism, formats, routers and chunk lengths for the most goodput per GPU.") { gpus, types, by, slo, formats, variant, output, confirm, json, degree };
        scenario.AddTo(command);
        command.SetAction((arguments, problems) =>
        {
            var source = scenario.Source(arguments, problems);
            var objectives = Slo(arguments.GetValue(slo), problems);
            if (source is not null) source = source.With(objectives) with { Only = arguments.GetValue(variant) };
            var (wanted, offered) = (Formats(arguments.GetValue(formats), problems), GpuTypes(arguments.GetValue(types), problems));
            var space = problems.Of(() => new PlanSpace(arguments.GetValue(gpus))
            {
                Formats = wanted,
                GpuTypes = offered,
                Rank = arguments.GetValue(by) == "dollar" ? PlanRank.PerDollar : PlanRank.PerGpu,
            });
            ScenarioArguments.CheckBeside(source, CliCatalog.Load(), problems);
            return (Source: source!, Space: space!);
        }, async (input, arguments, cancellation) =>
        {
            var (source, space) = input;
            using var winner = arguments.GetValue(output) is { } path ? new PendingFile(path) : null;
            var report = Run(source, space, arguments.GetValue(degree), cancellation);
            if (report.Best is { } best) winner?.Write(writer => writer.Write(Text(source, best, winner.FullPath)));
            var asJson = arguments.GetValue(json);
            if (!asJson) PlanTable.Print(report, Terminal.Out);
            var tried = arguments.GetValue(confirm) ? await PlanTrials.RunAsync(report, source, cancellation) : null;
            if (asJson) Console.Out.WriteLine(PlanJson.Of(report, tried).ToJsonString(CommonOptions.Indented));
            else foreach (var confirmation in tried ?? []) Terminal.Out.WriteLine(confirmation.ToString());
            // A search that found nothing is no success: scripts must not go on as if there were a winner.
            return report.Best is null ? Guarded.Failed : 0;
        });
        return command;
    }

    private static PlanReport Run(ScenarioSource source, PlanSpace space, int degree, CancellationToken cancellation)
    {
        try
        {
            using var progress = new ProgressLine("plan: candidate", 0);
            return new Planner(CliCatalog.Load(), ModelError.Published(), degree).Run(source, space, progress.Step, cancellation);
        }
        catch (PlanException none)
        {
            throw new UsageException(none.Message);
        }
    }

    private static List<ScenarioOverride> Slo(string? text, Problems problems)
    {
        var overrides = new List<ScenarioOverride>();
        foreach (var part in text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (part.Split('=') is not [var name, var value] || !Objectives.Contains(name))
                problems.Add($"--slo {part}: expected {string.Join(", ", Objectives)} with a time, e.g. --slo ttft=500ms,tpot=50ms.");
            else overrides.Add(new ScenarioOverride($"slo.{name}", value, "--slo"));
        }

        return overrides;
    }

    private static List<GpuProfile> GpuTypes(string? text, Problems problems)
    {
        var types = new List<GpuProfile>();
        var catalog = CliCatalog.Load();
        foreach (var part in text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            var near = NearestName.Question(part, catalog.Gpus.Keys) ?? $"There are: {string.Join(", ", catalog.Gpus.Keys.Order(StringComparer.Ordinal))}.";
            if (catalog.FindGpu(part) is { } known) types.Add(known);
            else problems.Add($"--gpu-types: no GPU '{part}' in the catalog. {near}");
        }

        return types;
    }

    private static List<(NumberFormat, NumberFormat)> Formats(string? text, Problems problems)
    {
        var formats = new List<(NumberFormat, NumberFormat)>();
        foreach (var part in text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            if (part.Split('/') is not [var weights, var kv] || !NumberFormats.TryParse(weights, out var w) || !NumberFormats.TryParse(kv, out var k))
                problems.Add($"--formats {part}: expected weights/kv, e.g. fp8/fp8, of {string.Join(", ", Enum.GetValues<NumberFormat>().Select(NumberFormats.Name))}.");
            else formats.Add((w, k));
        }

        return formats;
    }

    private static string Text(ScenarioSource source, PlanResult best, string path) =>
        $"# {best.Name}: found by xpyd plan.{(best.Groups > 1 ? $" This is one of the {best.Groups}: give it its share of the load." : "")}\n{source.With(best.Candidate.Overrides()).Write(Path.GetFileNameWithoutExtension(path), Path.GetDirectoryName(path)!)}";
}
