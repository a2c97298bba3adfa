using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>The AppHost: what it is made of can be read everywhere, what it does where Aspire restores (build/manifest.sh).</summary>
public sealed partial class AppHostTests
{
    [Fact]
    public async Task Without_Aspire_it_says_what_to_run_instead()
    {
        var program = Path.Combine(Repository.Root, "src", "Cluster.AppHost", "bin", "Release", "net10.0", "Cluster.AppHost.dll");
        Assert.SkipUnless(File.Exists(program), "src/Cluster.AppHost has not been built.");
        Assert.SkipWhen(File.Exists(Path.Combine(Path.GetDirectoryName(program)!, "Aspire.Hosting.dll")), "It was built with Aspire.");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program]) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(78);
        error.ShouldContain("./xpyd up scenarios/quickstart.yaml");
    }

    [Fact]
    public void It_runs_the_images_that_Compose_runs()
    {
        var wanted = Regex.Matches(Repository.Read("deploy/compose.yaml"), @"docker\.io/(prom|grafana)/(\S+):(\S+)").Select(m => $"{m.Groups[2].Value} {m.Groups[3].Value}").Order();
        Images().Matches(Repository.Read("src/Cluster.AppHost/Monitoring.cs")).Select(m => $"{m.Groups[1].Value} {m.Groups[2].Value}").Order().ShouldBe(wanted);
    }

    [Fact]
    public void Its_mounts_are_read_only_and_every_resource_waits_for_what_it_needs()
    {
        var monitoring = Repository.Read("src/Cluster.AppHost/Monitoring.cs");
        Regex.Count(monitoring, "WithBindMount").ShouldBe(Regex.Count(monitoring, "isReadOnly: true"));
        Regex.Count(monitoring, "WaitFor").ShouldBe(2);
        Repository.Read("src/Cluster.AppHost/Program.cs").ShouldContain(".WaitFor(silo)");
    }

    [Fact]
    public void Every_version_of_Aspire_in_the_tree_is_the_same()
    {
        var version = Repository.Property("build/Aspire.props", "AspireVersion");
        Regex.Matches(Repository.Read("src/Cluster.AppHost/Cluster.AppHost.csproj"), "Aspire.AppHost.Sdk\" Version=\"([^\"]+)\"")
            .ShouldAllBe(match => match.Groups[1].Value == version);
    }

    [GeneratedRegex(@"""docker\.io/\w+/(\w+)"", ""([^""]+)""")]
    private static partial Regex Images();
}
