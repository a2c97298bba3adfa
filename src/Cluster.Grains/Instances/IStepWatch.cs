using Cluster.Engine;

namespace Cluster.Grains.Instances;

/// <summary>Looks on as the instances of this silo step, e.g. for a report. Called from many threads, one per instance at a time.</summary>
public interface IStepWatch
{
    /// <summary>A step began; it must not be changed or kept.</summary>
    void StepBegan(Instance instance, in Step step);

    /// <summary>KV arrived over a link.</summary>
    void Transferred(string source, string destination, long startNs, long endNs)
    {
    }
}
