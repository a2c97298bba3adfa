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
        outcome.Figures.ShouldNotBeEmpty();
        (outcome.Reason is null).ShouldBe(outcome.Holds);
    }

    [Fact]
    public void Lessons_judge_alike_whatever_the_degree_of_parallelism()
    {
        var memory = LessonRegistry.All.Where(l => l.Topic == "memory").ToList();
        var alone = LessonRegistry.Try(memory, new LessonBench(SmallScenario.Catalog));
        var together = LessonRegistry.Try(memory, new LessonBench(SmallScenario.Catalog), 4);
        LessonJson.Of(together).ToJsonString().ShouldBe(LessonJson.Of(alone).ToJsonString());
    }

    [Fact]
    public void Names_are_unique_and_topics_few()
    {
        LessonRegistry.All.Select(l => l.Name).ShouldBeUnique();
        LessonRegistry.All.Select(l => l.Topic).Distinct().ShouldBe(["memory", "compute", "runtime", "parallelism", "cluster"]);
    }
}
