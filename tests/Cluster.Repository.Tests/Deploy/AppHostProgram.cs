using System.Diagnostics;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>The AppHost as it was built: with Aspire where the packages restore, else the page that says so.</summary>
internal static class AppHostProgram
{
    private static readonly string s_program = Path.Combine(Repository.Root, "src", "Cluster.AppHost", "bin", "Release", "net10.0", "Cluster.AppHost.dll");

    public static void Need(bool aspire)
    {
        Assert.SkipUnless(File.Exists(s_program), "src/Cluster.AppHost has not been built.");
        var built = File.Exists(Path.Combine(Path.GetDirectoryName(s_program)!, "Aspire.Hosting.dll"));
        Assert.SkipWhen(built != aspire, built ? "src/Cluster.AppHost was built with Aspire." : "src/Cluster.AppHost was built without Aspire.");
    }

    public static async Task<(int ExitCode, string Output)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [s_program, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
