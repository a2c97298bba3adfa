using Cluster.Grains.Messages;

namespace Cluster.Grains;

/// <summary>
/// Ranks of an instance that step together, on whichever silo they are; its key is <c>cluster/instance/group</c>. The first
/// group of an instance lives in its own grain and needs none.
/// </summary>
public interface IRankGroupGrain : IGrainWithStringKey
{
    /// <summary>Runs the group's share of a step; answered when it is done.</summary>
    Task<RankTiming> RunAsync(RankStep step);
}
