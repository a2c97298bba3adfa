using System.CommandLine;
using Cluster.Cli.Live;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Gateway.Live;
using Cluster.Grains.Hosting;
using Cluster.Hosting;
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
        var command = new Command("up", "Start the cluster and stay: API, metrics and console on one port of loopback.") { variant, silos };
        address.AddTo(command);
        scenario.AddTo(command);
        var record = CommonOptions.Record();
        command.Options.Add(record);
        command.SetAction((arguments, cancellation) => Guarded.RunAsync(async () =>
        {
            var loaded = scenario.Load(arguments, CliCatalog.Load(), needsWorkload: false).OrThrow();
            var name = arguments.GetValue(variant);
            var chosen = name is null ? loaded.Variants[0] : loaded.Variants.FirstOrDefault(v => v.Cluster.Name == name)
                ?? throw new UsageException($"--variant {name}: the scenario has {string.Join(", ", loaded.Variants.Select(v => v.Cluster.Name))}.");
            var source = scenario.Source(arguments, needsWorkload: false) with { Only = chosen == loaded.Variants[0] ? "" : chosen.Cluster.Name };
            var options = LiveRun.Options(chosen) with { Scenario = loaded.Scenario!.Name, Levers = stop => LeverAdvice.OfAsync(source, stop), Comparison = VariantComparison.Of(loaded), Gateway = address.Options(arguments), RecordPath = arguments.GetValue(record) };
            var count = arguments.GetValue(silos);
            if (count is < 0 or > MostSilos) throw new UsageException($"--silos {count}: expected 0 to {MostSilos}.");
            if (count > 0)
                return await address.ListenAsync(arguments, () => SpreadCluster.RunAsync(new HostedScenario(loaded.Scenario!.Name, source with { Only = null }, chosen), options, count, StayAsync, cancellation));
            await using var cluster = await address.ListenAsync(arguments, () => LiveCluster.StartAsync(chosen.Cluster, options, cancellation));
            return await StayAsync(chosen.Cluster.Name, cluster, cancellation);
        }));
        return command;
    }

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
