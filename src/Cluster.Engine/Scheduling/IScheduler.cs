namespace Cluster.Engine.Scheduling;

/// <summary>Decides what the next step computes. One file per policy; stateless, so one object serves every instance.</summary>
public interface IScheduler
{
    /// <summary>Fills the step, within its token budget and slots.</summary>
    void Compose(StepBuilder step);
}
