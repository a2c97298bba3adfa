using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Tests;

public class ExampleScenarioTests
{
    public static TheoryData<string> Examples =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "scenarios"), "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_resolves_and_its_workload_begins(string file)
    {
        var result = ScenarioFile.Load(Path.Combine(Repository.Root, "scenarios", file), TestCatalog.Instance).OrThrow();
        foreach (var variant in result.Variants)
        {
            var any = variant.Workload switch
            {
                Workload.OpenLoop open => open.Requests.Any(),
                Workload.ClosedLoop closed => closed.Requests.Any(),
                Workload.Conversations sessions => sessions.Starts.Any(),
                _ => false,
            };
            any.ShouldBeTrue(variant.Variant.Name);
        }
    }

    [Fact]
    public void The_quickstart_compares_the_same_GPUs_on_the_same_requests()
    {
        var variants = ScenarioFile.Load(Path.Combine(Repository.Root, "scenarios", "quickstart.yaml"), TestCatalog.Instance).OrThrow().Variants;
        variants.Select(v => v.Cluster.Name).ShouldBe(["2P2D", "aggregated"]);
        variants.ShouldAllBe(v => v.Cluster.Gpus == 16);
        var requests = variants.Select(v => ((Workload.OpenLoop)v.Workload).Requests.Select(r => (r.ArrivalNs, r.InputTokens, r.OutputTokens)).ToArray()).ToArray();
        requests[0].ShouldBe(requests[1]);
        // Live, at scale 1, both variants together stay well under two minutes.
        requests[0][^1].ArrivalNs.ShouldBeLessThan(50_000_000_000);
    }
}
