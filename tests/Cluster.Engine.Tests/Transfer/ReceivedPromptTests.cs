using Cluster.Engine.Requests;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Transfer;

/// <summary>What a decode instance's step says of prompts that were computed elsewhere.</summary>
public sealed class ReceivedPromptTests
{
    [Fact]
    public void A_received_prompt_is_taken_in_by_the_step_that_it_joins_and_by_no_other()
    {
        var instance = new Instance(Clusters.Instance());
        // Where its prompt was computed, its first token came of it.
        var sequence = new Sequence(Clusters.Request(0, 100, 4), 4) { Generated = 1 };
        instance.EnqueueRemote(sequence, 0);
        instance.KvArrived(sequence, 0);
        Received(instance).ShouldBe([100L, 0L, 0L]);
    }

    [Fact]
    public void A_prompt_computed_here_is_received_by_no_step()
    {
        var instance = new Instance(Clusters.Instance());
        instance.Enqueue(new Sequence(Clusters.Request(0, 100, 4), 4), 0);
        Received(instance).ShouldAllBe(tokens => tokens == 0);
    }

    private static List<long> Received(Instance instance)
    {
        var received = new List<long>();
        for (var nowNs = 0L; instance.TryBeginStep(nowNs, out var step); nowNs = step.DueNs)
        {
            received.Add(step.Shape.ReceivedTokens);
            instance.EndStep(step.DueNs);
        }

        return received;
    }
}
