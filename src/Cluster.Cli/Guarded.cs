using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Scenarios;
using Spectre.Console;

namespace Cluster.Cli;

/// <summary>Runs a command's body and turns what it cannot help into a message and an exit code.</summary>
internal static class Guarded
{
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
        catch (ScenarioException bad)
        {
            Terminal.Error.WriteLine(bad.Message);
            return BadInput;
        }
        catch (UsageException bad)
        {
            Terminal.Error.WriteLine(bad.Message);
            return BadInput;
        }
        catch (OperationCanceledException)
        {
            Terminal.Error.WriteLine("Interrupted.");
            return Interrupted;
        }
    }
}
