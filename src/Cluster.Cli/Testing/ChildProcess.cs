using System.Diagnostics;
using System.Text;

namespace Cluster.Cli.Testing;

/// <summary>Runs a program to its end, bounded in time, and keeps what it printed.</summary>
internal static class ChildProcess
{
    public static async Task<(int ExitCode, string Output)> RunAsync(
        string folder, TimeSpan limit, string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The launcher's setting is for the command, not for what it starts.
        start.Environment.Remove("DOTNET_TieredPGO");
        using var process = new Process { StartInfo = start };
        var output = new StringBuilder();
        void Keep(string? line)
        {
            lock (output)
            {
                output.AppendLine(line);
            }
        }

        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(limit);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            Keep($"{program} was ended after {limit}.");
            return (124, output.ToString());
        }

        return (process.ExitCode, output.ToString());
    }
}
