using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Hosting;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd health</c>: asks a gateway, for probes in images that have neither curl nor a shell.</summary>
internal static class HealthCommand
{
    public static Command Create()
    {
        var url = new Argument<string>("URL") { Description = "Base address of the gateway.", DefaultValueFactory = _ => "http://127.0.0.1:8000" };
        var command = new Command("health", "Exit with 0 if the gateway at URL is ready to serve, with 1 if not.") { url };
        command.SetAction((arguments, cancellation) => Guarded.RunAsync(async () =>
        {
            var (isReady, said) = await HealthProbe.AskAsync(arguments.GetValue(url)!, cancellation);
            Terminal.Error.WriteLine(said);
            return isReady ? 0 : Guarded.Failed;
        }));
        return command;
    }
}
