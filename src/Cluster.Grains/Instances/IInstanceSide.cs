using Cluster.Engine;

namespace Cluster.Grains.Instances;

/// <summary>What prefill and decode instances do differently when something happens to a request.</summary>
internal interface IInstanceSide
{
    /// <summary>A step has begun; see <see cref="Instance.Chunks"/>.</summary>
    void StepBegan(Instance instance);

    /// <summary>The prompt is computed and its KV held here.</summary>
    void PrefillCompleted(LiveRequest request);

    /// <summary>Blocks are reserved for KV that is to come.</summary>
    void KvReserved(LiveRequest request, int missingTokens);

    /// <summary>The request leaves before its time: it was aborted, or the instance is lost.</summary>
    void Left(LiveRequest request);

    /// <summary>The step loop broke, which is a fault of ours: the instance has to begin afresh.</summary>
    void Broke();
}
