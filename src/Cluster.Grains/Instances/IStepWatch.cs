using Cluster.Engine;

namespace Cluster.Grains.Instances;

/// <summary>Looks on as the instances of this silo step, e.g. for a report. Called from many threads, one per instance at a time.</summary>
public interface IStepWatch
{
    /// <summary>A step began; it must not be changed or kept.</summary>
    void StepBegan(Instance instance, in Step step);

    /// <summary>The step that this instance had begun has ended.</summary>
    /// <param name="durationNs">How long it was emulated to be; the model's word is <c>step.Cost</c>.</param>
    /// <param name="latenessNs">Wall time after it was due.</param>
    void StepEnded(Instance instance, in Step step, long durationNs, long latenessNs)
    {
    }

    /// <summary>KV arrived over a link.</summary>
    void Transferred(string source, string destination, long startNs, long endNs)
    {
    }
}
