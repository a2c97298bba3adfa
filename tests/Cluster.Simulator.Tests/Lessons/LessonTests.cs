using Cluster.Simulator.Lessons;

namespace Cluster.Simulator.Tests.Lessons;

public sealed class LessonTests
{
    private static readonly LessonBench Bench = new(SmallScenario.Catalog);

    public static TheoryData<string> Names => [.. LessonRegistry.All.Select(l => l.Name)];

    /// <summary>Claims that the model contradicts, with the reason that it gives. All others hold.</summary>
    private static readonly Dictionary<string, string> Contradicted = new()
    {
        ["fp8-decode"] = "host time per step, kernel floors and activations do not shrink with the weights",
        ["int8-decode"] = "host time per step, kernel floors and activations do not shrink with the weights",
        ["int4-decode"] = "host time per step, kernel floors and activations do not shrink with the weights",
        ["kv-int4"] = "scales take part of the saving",
        ["kv-routing-low"] = "blind routing computes a prefix on every instance anew",
        ["stacked-levers"] = "more even than claimed",
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void The_claim_holds_or_is_contradicted_for_the_reason_known(string name)
    {
        var outcome = LessonRegistry.All.Single(l => l.Name == name).Try(Bench);
        outcome.Figures.ShouldNotBeEmpty();
        if (Contradicted.TryGetValue(name, out var reason)) outcome.Reason.ShouldNotBeNull(outcome.Figures).ShouldContain(reason);
        else outcome.Reason.ShouldBeNull(outcome.Figures);
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
