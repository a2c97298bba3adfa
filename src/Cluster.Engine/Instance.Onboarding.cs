using Cluster.Engine.Requests;
using Cluster.Engine.Units;

namespace Cluster.Engine;

/// <summary>The part of an instance that waits for KV from tiers below HBM.</summary>
public sealed partial class Instance
{
    /// <summary>When KV from a tier is there next, so that a step may begin; <see cref="Time.Never"/> when none is on its way.</summary>
    public long NextOnboardNs => Math.Min(State.Onboarding.TryPeek(out _, out var next) ? next.DueNs : Time.Never, State.Tiers?.NextEventNs ?? Time.Never);

    /// <summary>What is there by now joins those that wait with their KV.</summary>
    private void EndOnboards(long nowNs)
    {
        State.Tiers?.Advance(nowNs);
        while (State.Onboarding.TryPeek(out var sequence, out var due) && due.DueNs <= nowNs)
        {
            State.Onboarding.Dequeue();
            if (sequence.Status != SequenceStatus.Onboarding) continue;
            State.Parked.Remove(sequence.Id);
            sequence.Computed = sequence.OnboardedTokens;
            State.PublishComputed(sequence);
            sequence.Status = SequenceStatus.Arrived;
            State.StampArrival(sequence, IsStepping);
            State.Arrived.Enqueue(sequence);
        }
    }
}
