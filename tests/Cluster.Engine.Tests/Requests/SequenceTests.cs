using System.Reflection;
using Cluster.Engine.Requests;
using Cluster.Engine.Scheduling;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Requests;

public sealed class SequenceTests
{
    [Fact]
    public void A_sequence_that_serves_a_second_request_is_as_if_new()
    {
        var instance = new Instance(Clusters.Instance());
        var used = new Sequence(Clusters.Request(1, 100, 20), 20);
        RunAlone(instance, used);
        used.MayBeReused.ShouldBeTrue();

        var (request, line) = (Clusters.Request(2, 30, 5), new RequestTimeline());
        used.Reuse(request, 5, line);

        var fresh = new Sequence(request, 5) { Timeline = line };
        foreach (var field in typeof(Sequence).GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
            field.GetValue(used).ShouldBe(field.GetValue(fresh), field.Name);
    }

    [Fact]
    public void A_sequence_that_an_instance_has_is_not_given_away()
    {
        var instance = new Instance(Clusters.Instance());
        var waiting = new Sequence(Clusters.Request(1, 100, 20), 20);
        instance.Enqueue(waiting, 0);
        waiting.MayBeReused.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => waiting.Reuse(Clusters.Request(2, 30, 5), 5, new RequestTimeline()));
    }

    [Fact]
    public void A_sequence_that_left_the_batch_before_its_end_is_not_given_away()
    {
        // The batch's list of ends still names it: another request in its place would end when this one was to.
        var instance = new Instance(Clusters.Instance());
        var aborted = new Sequence(Clusters.Request(1, 100, 20), 20);
        instance.Enqueue(aborted, 0);
        for (long now = 0, step = 0; step < 3; step++) now = End(instance, now);
        instance.Abort(aborted, Time.Second);
        aborted.Status.ShouldBe(SequenceStatus.Outside);
        aborted.MayBeReused.ShouldBeFalse();
    }

    [Fact]
    public void A_queue_keeps_its_order_whoever_leaves_it()
    {
        var queue = new WaitingQueue(priorityOrder: false);
        var all = Enumerable.Range(0, 5).Select(i => new Sequence(Clusters.Request(i, 10, 1), 1)).ToList();
        foreach (var sequence in all.Take(4)) queue.Enqueue(sequence);
        queue.EnqueueFront(all[4]);
        queue.Remove(all[1]);
        queue.Remove(all[3]);
        queue.Remove(all[4]);
        queue.All.ShouldBe([all[0], all[2]]);
        (queue.Head, queue.Tail, queue.Count).ShouldBe((all[0], all[2], 2));
        Should.Throw<InvalidOperationException>(() => queue.Remove(all[1]));
        queue.Enqueue(all[1]);
        queue.All.ShouldBe([all[0], all[2], all[1]]);
    }

    private static void RunAlone(Instance instance, Sequence sequence)
    {
        instance.Enqueue(sequence, 0);
        for (var now = 0L; sequence.Timeline.FinishedNs == Time.Unset;) now = End(instance, now);
        instance.ClearEffects();
    }

    private static long End(Instance instance, long nowNs)
    {
        instance.TryBeginStep(nowNs, out var step).ShouldBeTrue();
        instance.EndStep(step.DueNs);
        return step.DueNs;
    }
}
