using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Cluster.Cli.Live;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Gateway;
using Cluster.Gateway.Live;
using Cluster.Grains.Hosting;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd up</c>: starts a scenario's cluster on loopback and stays until it is told to stop.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var scenario = new ScenarioArguments();
        var port = new Option<int>("--port") { Description = "Port on loopback.", DefaultValueFactory = _ => 8000 };
        var variant = new Option<string?>("--variant") { Description = "Which variant of the scenario; default the first." };
        var command = new Command("up", "Start the cluster and stay: API, metrics and console on one port of loopback.") { port, variant };
        scenario.AddTo(command);
        command.SetAction((arguments, cancellation) => Guarded.RunAsync(async () =>
        {
            var loaded = scenario.Load(arguments, CliCatalog.Load(), needsWorkload: false).OrThrow();
            var name = arguments.GetValue(variant);
            var chosen = name is null ? loaded.Variants[0] : loaded.Variants.FirstOrDefault(v => v.Cluster.Name == name)
                ?? throw new UsageException($"--variant {name}: the scenario has {string.Join(", ", loaded.Variants.Select(v => v.Cluster.Name))}.");
            RequireFree(arguments.GetValue(port));
            var source = scenario.Source(arguments) with { Only = chosen == loaded.Variants[0] ? "" : chosen.Cluster.Name };
            var options = LiveRun.Options(chosen) with { Levers = stop => LeverAdvice.OfAsync(source, stop), Gateway = new GatewayOptions { Port = arguments.GetValue(port) } };
            await using var cluster = await LiveCluster.StartAsync(chosen.Cluster, options, cancellation);
            Announce(chosen.Cluster.Name, cluster);
            cluster.PlayFaults();
            await cluster.WaitForShutdownAsync(cancellation);
            return 0;
        }));
        return command;
    }

    /// <exception cref="UsageException">Another program has the port; the message names a free one.</exception>
    private static void RequireFree(int port)
    {
        if (port is < 0 or > 65535) throw new UsageException($"--port {port}: 0 to 65535; 0 takes any free one.");
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
        }
        catch (SocketException refusal) when (refusal.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            using var other = new TcpListener(IPAddress.Loopback, 0);
            other.Start();
            throw new UsageException($"--port {port}: another program, perhaps another cluster, listens there. {((IPEndPoint)other.LocalEndpoint).Port} is free: --port {((IPEndPoint)other.LocalEndpoint).Port}.");
        }
        catch (SocketException refusal)
        {
            throw new UsageException($"--port {port}: {refusal.Message}. Ports below 1024 need privileges; take one above.");
        }
    }

    private static void Announce(string name, LiveCluster cluster)
    {
        Terminal.Error.WriteLine($"{name} is up on {cluster.Endpoint} ({ClusterRuntime.Name}).");
        Terminal.Error.WriteLine($"  API      {cluster.Endpoint}v1/models, {cluster.Endpoint}v1/chat/completions");
        Terminal.Error.WriteLine($"  metrics  {cluster.Endpoint}metrics");
        Terminal.Error.WriteLine($"  console  {cluster.Endpoint}");
        foreach (var note in cluster.Notes) Terminal.Error.WriteLine($"  note     {note}");
    }
}
