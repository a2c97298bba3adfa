using System.Diagnostics;

namespace Cluster.Cli.Tests;

/// <summary>Runs the built command.</summary>
internal static class Xpyd
{
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => RunInAsync([], arguments);

    /// <summary>Starts the command in the checkout's root; its outputs are to be read.</summary>
    public static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "xpyd.dll"), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Repository.Root,
    })!;

    /// <param name="environment">Variables to set; an empty value removes one.</param>
    public static Task<(int ExitCode, string Output, string Error)> RunInAsync(Dictionary<string, string> environment, params string[] arguments) =>
        RunProgramAsync("dotnet", environment, [Path.Combine(AppContext.BaseDirectory, "xpyd.dll"), .. arguments]);

    public static async Task<(int ExitCode, string Output, string Error)> RunProgramAsync(
        string program, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value.Length == 0 ? null : value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output, await error);
    }
}

internal static class Repository
{
    /// <summary>The folder with the solution.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "Cluster.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
