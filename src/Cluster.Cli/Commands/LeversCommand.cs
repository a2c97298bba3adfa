using System.CommandLine;
using Cluster.Cli.Live;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Simulator.Levers;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd levers</c>: which wall binds, and what every lever would do, on the scenario's own requests.</summary>
internal static class LeversCommand
{
    public static Command Create()
    {
        var scenario = new ScenarioArguments();
        var json = CommonOptions.Json();
        var degree = CommonOptions.Parallel();
        var variant = new Option<string>("--variant") { Description = "Which variant under 'compare'. Default: the scenario's own cluster.", DefaultValueFactory = _ => "" };
        var stack = new Option<int>("--stack") { Description = "Apply the best levers one after another, at most so many." };
        var lossless = new Option<bool>("--lossless") { Description = "Stack only levers that cannot change answers." };
        var quick = new Option<bool>("--quick") { Description = "Judge at the scenario's load only, without searching for the most load each lever carries." };
        var confirm = new Option<int>("--confirm") { Description = "Then pull so many of the best levers on a live cluster, and hold the predictions against it. Takes the emulated time of that many runs and one." };
        confirm.MustBeWithin(0, 100);
        stack.MustBeWithin(0, 100);
        var command = new CheckedCommand("levers", "Name the wall and pull every lever, in virtual time, on the same requests.") { json, degree, variant, stack, lossless, quick, confirm };
        scenario.AddTo(command);
        command.SetAction((arguments, problems) =>
        {
            var source = scenario.Source(arguments, problems);
            if (source is not null) source = source with { Only = arguments.GetValue(variant) };
            ScenarioArguments.CheckBeside(source, CliCatalog.Load(), problems);
            return source!;
        }, async (source, arguments, cancellation) =>
        {
            var runner = new LeverRunner(CliCatalog.Load(), !arguments.GetValue(quick), arguments.GetValue(degree));
            LeverTable table;
            using (var progress = new ProgressLine("levers: pulled", LeverRegistry.All.Count))
                table = runner.Run(source, null, progress.Step, cancellation);
            var steps = LeverStack.Build(runner, source, table, arguments.GetValue(stack), !arguments.GetValue(lossless), cancellation);
            var asJson = arguments.GetValue(json);
            if (!asJson) LeverTableView.Print(table, steps, arguments.GetValue(stack), Terminal.Out);
            var tried = arguments.GetValue(confirm) is > 0 and var count ? await LeverTrial.RunAsync(runner, source, table, count, cancellation) : null;
            if (asJson) Console.Out.WriteLine(LeverJson.Of(table, steps, tried).ToJsonString(CommonOptions.Indented));
            else LeverTableView.Print(tried ?? [], Terminal.Out);
            return 0;
        });
        return command;
    }
}
