using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Hosting;
using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Spectre.Console;

namespace Cluster.Cli;

/// <summary>Runs a command's body and turns what it cannot help into a message and an exit code.</summary>
internal static class Guarded
{
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int Interrupted = 130;

    public static int Run(Action body) => RunAsync(() =>
    {
        body();
        return Task.FromResult(0);
    }).GetAwaiter().GetResult();

    public static async Task<int> RunAsync(Func<Task<int>> body)
    {
        try
        {
            return await body();
        }
        catch (Exception bad) when (bad is ScenarioException or UsageException or HostConfigurationException or CatalogException)
        {
            Terminal.Error.WriteLine(bad.Message);
            return BadInput;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            // The host's doing, not the program's: what it said is worth more than where it was said.
            Terminal.Error.WriteLine($"{refused.Message} `xpyd doctor` looks at what this host has and lacks.");
            return Failed;
        }
        catch (OperationCanceledException)
        {
            Terminal.Error.WriteLine("Interrupted.");
            return Interrupted;
        }
        catch (Exception bug) when (Environment.GetEnvironmentVariable("XPYD_DEBUG") is null or "")
        {
            Terminal.Error.WriteLine($"A fault of xpyd itself: {bug.GetType().Name}: {bug.Message} Please report it with what is printed when XPYD_DEBUG=1 is set.");
            return Failed;
        }
    }
}
