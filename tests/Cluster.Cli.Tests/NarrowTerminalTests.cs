using Cluster.Cli.Output;
using Cluster.Scenarios;
using Cluster.Simulator.Sweeping;
using Spectre.Console;

namespace Cluster.Cli.Tests;

/// <summary>In a narrow window no cell wraps: reports go below each other, rows lose the columns that say least and say which.</summary>
public sealed class NarrowTerminalTests
{
    [Theory]
    [InlineData(60, 2)]
    [InlineData(80, 1)]
    [InlineData(200, 1)]
    public void A_report_keeps_its_cells_whole(int width, int tables)
    {
        var loaded = ScenarioFile.Load(Path.Combine(Repository.Root, "scenarios", "quickstart.yaml"), CliCatalog.Load(), [new ScenarioOverride("workload.requests", "5")]).OrThrow();
        var text = Print(width, console => ReportTable.Print(Commands.SimulateCommand.Simulate(loaded, TestContext.Current.CancellationToken), console));
        text.Count(c => c == '╭').ShouldBe(tables);
        text.ShouldContain("│ TTFT ms p50 / p90 / p99 │");
        Lines(text).ShouldAllBe(line => line.Length <= width);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(200, false)]
    public void A_sweep_says_which_columns_it_left_out(int width, bool isNarrow)
    {
        var source = ScenarioSource.Open(Path.Combine(Repository.Root, "scenarios", "quickstart.yaml"), [new ScenarioOverride("workload.requests", "5")]);
        var plan = SweepPlan.Of(source, CliCatalog.Load(), [SweepAxis.Parse("workload.rate=1/s,4/s")]);
        var rows = SweepRunner.Run(plan, null, 1, null, TestContext.Current.CancellationToken);
        var text = Print(width, console => SweepTable.Print(plan, rows, console));
        text.Contains("Too narrow for: ", StringComparison.Ordinal).ShouldBe(isNarrow, text);
        text.ShouldContain("goodput req/s");
        text.ShouldContain("TTFT ms p50 / p99");
        Lines(text).Where(line => line.StartsWith('│')).Count().ShouldBe(5);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Print(int width, Action<IAnsiConsole> print)
    {
        var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = width;
        print(console);
        return writer.ToString();
    }
}
