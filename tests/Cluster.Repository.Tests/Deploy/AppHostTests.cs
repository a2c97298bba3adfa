using System.Text.RegularExpressions;

namespace Cluster.Repository.Tests.Deploy;

/// <summary>The AppHost: what it is made of can be read everywhere, what it does where Aspire restores (<see cref="AppHostPublishTests"/>).</summary>
public sealed partial class AppHostTests
{
    [Fact]
    public async Task Without_Aspire_it_says_what_to_run_instead()
    {
        AppHostProgram.Need(aspire: false);
        var (exitCode, error) = await AppHostProgram.Run();
        exitCode.ShouldBe(78);
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
        foreach (var project in (string[])["src/Cluster.AppHost/Cluster.AppHost.csproj", "build/probe/Aspire.csproj"])
        {
            Regex.Matches(Repository.Read(project), "Aspire.AppHost.Sdk\" Version=\"([^\"]+)\"").Select(match => match.Groups[1].Value)
                .ShouldBe([version, version], project);
        }
    }

    [GeneratedRegex(@"""docker\.io/\w+/(\w+)"", ""([^""]+)""")]
    private static partial Regex Images();
}
