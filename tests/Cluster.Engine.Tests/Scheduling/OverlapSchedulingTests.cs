using Cluster.Engine.Requests;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Scheduling;

/// <summary>The host composes one step ahead: who comes during a step joins the next but one.</summary>
public sealed class OverlapSchedulingTests
{
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void A_request_that_arrives_during_a_step_joins_one_step_later_when_steps_are_composed_ahead(bool overlap, int stepsLater)
    {
        var instance = Overlapping(overlap);
        Enqueue(instance, 0);
        instance.TryBeginStep(0, out _).ShouldBeTrue();
        Enqueue(instance, 1);
        instance.EndStep(1);

        var joined = 0;
        for (var n = 1; joined == 0; n++)
        {
            instance.TryBeginStep(n, out var step).ShouldBeTrue();
            if (step.Shape.PrefillSequences > 0) joined = n;
            instance.EndStep(n + 1);
        }

        joined.ShouldBe(stepsLater);
    }

    [Fact]
    public void A_request_that_finds_the_engine_idle_starts_at_once()
    {
        var instance = Overlapping(true);
        Enqueue(instance, 0);
        instance.TryBeginStep(0, out var step).ShouldBeTrue();
        step.Shape.PrefillSequences.ShouldBe(1);
    }

    [Fact]
    public void A_request_that_outlasts_all_others_is_not_held_back_for_ever()
    {
        var instance = Overlapping(true);
        Enqueue(instance, 0, output: 1);
        instance.TryBeginStep(0, out _).ShouldBeTrue();
        Enqueue(instance, 1, output: 1);
        instance.EndStep(1);

        instance.TryBeginStep(1, out var step).ShouldBeTrue();
        step.Shape.PrefillSequences.ShouldBe(1);
    }

    private static Instance Overlapping(bool overlap)
    {
        var spec = Clusters.Instance();
        return new Instance(spec with { Scheduler = spec.Scheduler with { OverlapScheduling = overlap } });
    }

    private static void Enqueue(Instance instance, long id, int output = 10) =>
        instance.Enqueue(new Sequence(new RequestSpec(id, 0, 32, output, TokenContent.Unique((ulong)id + 1, 32 + output)), output), 0);
}
