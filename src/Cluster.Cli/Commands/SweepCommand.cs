using System.CommandLine;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Simulator.Sweeping;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd sweep</c>: the cross product of settings, one row each, from virtual time.</summary>
internal static class SweepCommand
{
    public static Command Create()
    {
        var scenario = new ScenarioArguments();
        var json = CommonOptions.Json();
        var degree = CommonOptions.Parallel();
        var output = new Option<string?>("--out") { Description = "Write rows to a .csv or .json file as they finish; rows found there are not run again." };
        var command = new CheckedCommand("sweep", "Run a scenario under every combination of --set path=a,b,c, in virtual time.") { json, degree, output };
        scenario.AddTo(command);
        command.SetAction((arguments, problems) => Plan(scenario, arguments, problems)!, (plan, arguments, cancellation) =>
        {
            var rows = Run(plan, arguments.GetValue(output), arguments.GetValue(degree), cancellation);
            if (arguments.GetValue(json))
                Console.Out.WriteLine(new JsonObject { ["rows"] = new JsonArray([.. rows.Select(r => SweepFile.ToJson(plan, r))]) }.ToString());
            else SweepTable.Print(plan, rows, Terminal.Out);
            return Task.FromResult(0);
        });
        return command;
    }

    private static SweepPlan? Plan(ScenarioArguments scenario, ParseResult arguments, Problems problems)
    {
        var source = scenario.Source(arguments, problems, withSettings: false);
        var axes = scenario.Settings(arguments).Select(text => problems.Of(() => Stated(() => SweepAxis.Parse(text)))).ToList();
        var understood = axes.OfType<SweepAxis>().ToList();
        if (source is not null && (understood.Count > 0 || !problems.AreThere)) return problems.Of(() => Stated(() => SweepPlan.Of(source, CliCatalog.Load(), understood)));
        ScenarioArguments.CheckBeside(source, CliCatalog.Load(), problems);
        return null;
    }

    private static T Stated<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException bad)
        {
            throw new UsageException(bad.Message);
        }
    }

    private static IReadOnlyList<SweepRow> Run(SweepPlan plan, string? output, int degree, CancellationToken cancellation)
    {
        using var progress = new ProgressLine("sweep: run", plan.Points.Length);
        if (output is null) return SweepRunner.Run(plan, null, degree, _ => progress.Step(), cancellation);
        try
        {
            var known = SweepFile.ReadKnown(output);
            IReadOnlyList<SweepRow> rows;
            using (var file = SweepFile.Create(output, plan, known))
            {
                rows = SweepRunner.Run(plan, known, degree, row =>
                {
                    file.Append(row);
                    progress.Step();
                }, cancellation);
            }

            if (known.Count > 0) SweepFile.PutInOrder(output, plan, rows);
            return rows;
        }
        catch (ArgumentException bad)
        {
            throw new UsageException(bad.Message);
        }
        catch (Exception bad) when (bad is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--out {output}: {bad.Message}");
        }
    }
}
