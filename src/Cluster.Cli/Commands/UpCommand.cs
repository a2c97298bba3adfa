using System.CommandLine;
using Cluster.Cli.Live;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Gateway.Live;
using Cluster.Grains.Hosting;
using Cluster.Hosting;
using Cluster.Scenarios;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd up</c>: starts a scenario's cluster on loopback and stays until it is told to stop.</summary>
internal static class UpCommand
{
    private const int MostSilos = 64;

    public static Command Create()
    {
        var scenario = new ScenarioArguments();
        var address = new ListenAddress();
        var variant = new Option<string?>("--variant") { Description = "Which variant of the scenario; default the first." };
        var silos = new Option<int>("--silos")
        {
            Description = "Silo processes that the instances are spread over; 0 keeps them in this one.",
            DefaultValueFactory = _ => 0,
        };
        var command = new CheckedCommand("up", "Start the cluster and stay: API, metrics and console on one port of loopback.") { variant, silos };
        address.AddTo(command);
        scenario.AddTo(command);
        var record = CommonOptions.Record();
        command.Options.Add(record);
        command.SetAction((arguments, problems) =>
        {
            var source = scenario.Source(arguments, problems, needsWorkload: false);
            var loaded = source is null ? null : problems.Of(() => source.Read(CliCatalog.Load()).OrThrow());
            var chosen = loaded is null ? null : problems.Of(() => Chosen(loaded, arguments.GetValue(variant)));
            if (problems.Of(() => arguments.GetValue(silos)) is (< 0 or > MostSilos) and var many) problems.Add($"{silos.Name} {many}: expected 0 to {MostSilos}.");
            return (Source: source!, Loaded: loaded!, Chosen: chosen!, Gateway: problems.Of(() => address.Options(arguments))!);
        }, async (input, arguments, cancellation) =>
        {
            var (loaded, chosen) = (input.Loaded, input.Chosen);
            var source = input.Source with { Only = chosen == loaded.Variants[0] ? "" : chosen.Cluster.Name };
            var options = LiveRun.Options(chosen) with { Scenario = loaded.Scenario!.Name, Levers = stop => LeverAdvice.OfAsync(source, stop), Comparison = VariantComparison.Of(loaded), Gateway = input.Gateway, RecordPath = arguments.GetValue(record) };
            var count = arguments.GetValue(silos);
            if (count > 0)
                return await address.ListenAsync(arguments, () => SpreadCluster.RunAsync(new HostedScenario(loaded.Scenario!.Name, source with { Only = null }, chosen), options, count, StayAsync, cancellation));
            await using var cluster = await address.ListenAsync(arguments, () => LiveCluster.StartAsync(chosen.Cluster, options, cancellation));
            return await StayAsync(chosen.Cluster.Name, cluster, cancellation);
        });
        return command;
    }

    private static ResolvedVariant Chosen(ScenarioResult loaded, string? name) =>
        name is null ? loaded.Variants[0] : loaded.Variants.FirstOrDefault(v => v.Cluster.Name == name)
            ?? throw new UsageException($"--variant {name}: the scenario has {string.Join(", ", loaded.Variants.Select(v => v.Cluster.Name))}.");

    private static async Task<int> StayAsync(string name, LiveCluster cluster, CancellationToken cancellation)
    {
        Announce(name, cluster);
        cluster.PlayFaults();
        await cluster.WaitForShutdownAsync(cancellation);
        return 0;
    }

    private static void Announce(string name, LiveCluster cluster)
    {
        Terminal.Error.WriteLine($"{name} is up on {cluster.Endpoint} ({ClusterRuntime.Name}).");
        Terminal.Error.WriteLine($"  API      {cluster.Endpoint}v1/models, {cluster.Endpoint}v1/chat/completions, {cluster.Endpoint}v1/responses");
        Terminal.Error.WriteLine($"  metrics  {cluster.Endpoint}metrics");
        Terminal.Error.WriteLine($"  console  {cluster.Endpoint}");
        foreach (var note in cluster.Notes) Terminal.Error.WriteLine($"  note     {note}");
    }
}
