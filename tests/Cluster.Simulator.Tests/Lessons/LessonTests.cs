using Cluster.Simulator.Lessons;

namespace Cluster.Simulator.Tests.Lessons;

public sealed class LessonTests
{
    private static readonly LessonBench Bench = new(SmallScenario.Catalog);

    public static TheoryData<string> Names => [.. LessonRegistry.All.Select(l => l.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_claim_holds_or_says_why_not(string name)
    {
        var outcome = LessonRegistry.All.Single(l => l.Name == name).Try(Bench);
        Console.WriteLine($"{name}: {(outcome.Holds ? "passed" : "CONTRADICTED " + outcome.Reason)}: {outcome.Figures}");
        outcome.Figures.ShouldNotBeEmpty();
        (outcome.Reason is null).ShouldBe(outcome.Holds);
    }

    [Fact]
    public void Names_are_unique_and_topics_few()
    {
        LessonRegistry.All.Select(l => l.Name).ShouldBeUnique();
        LessonRegistry.All.Select(l => l.Topic).Distinct().ShouldBe(["memory", "compute", "runtime", "parallelism", "cluster"]);
    }
}
