using System.CommandLine;
using Cluster.Cli.Output;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd health</c>: asks a gateway, for probes in images that have neither curl nor a shell.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var url = new Argument<string>("URL") { Description = "Base address of the gateway.", DefaultValueFactory = _ => "http://127.0.0.1:8000" };
        var command = new Command("health", "Exit with 0 if the gateway at URL is ready to serve, with 1 if not.") { url };
        command.SetAction((arguments, cancellation) => Guarded.RunAsync(async () =>
        {
            var address = arguments.GetValue(url)!;
            if (!Uri.TryCreate(address, UriKind.Absolute, out var endpoint)) throw new Scenarios.UsageException($"{address}: not an address; e.g. http://127.0.0.1:8000.");
            using var client = new HttpClient { Timeout = s_limit };
            using var answer = await client.GetAsync(new Uri(endpoint, "/health"), cancellation);
            Terminal.Error.WriteLine($"{endpoint}: {(int)answer.StatusCode} {answer.ReasonPhrase}");
            return answer.IsSuccessStatusCode ? 0 : Guarded.Failed;
        }));
        return command;
    }
}
