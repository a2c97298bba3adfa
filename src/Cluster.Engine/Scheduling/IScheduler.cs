namespace Cluster.Engine.Scheduling;

/// <summary>Decides what the next step computes. One file per policy; stateless, so one object serves every instance.</summary>
public interface IScheduler
{
    /// <summary>Fills the step, within its token budget and slots.</summary>
    void Compose(StepBuilder step);

    /// <summary>
    /// Promises that a step of decodes alone, with nobody waiting, is followed by the same step again until a member
    /// leaves or something arrives: drivers may then price many at once.
    /// </summary>
    bool RepeatsDecodes => false;

    /// <summary>
    /// Promises that a step with batch slots left is composed alike whether nobody waits or all who wait came too late for it
    /// (<see cref="InstanceState.CameTooLate"/>), but for <see cref="WaitCause.Policy"/> as the reason why they wait.
    /// </summary>
    bool PassesOverLatecomers => false;
}
