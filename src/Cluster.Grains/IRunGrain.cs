using Cluster.Grains.Messages;
using Orleans.Concurrency;

namespace Cluster.Grains;

/// <summary>Keeps the records of a cluster's runs: how its requests fared and what was done to it.</summary>
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>Adds to the run at hand, once, however often it is said; kept when it answers.</summary>
    Task AddAsync(RunNews news);

    /// <summary>Ends the run at hand and begins another.</summary>
    Task<RunMessage> BeginAsync(string name);

    /// <summary>Oldest first; the last is the one at hand.</summary>
    [AlwaysInterleave]
    Task<RunMessage[]> GetAsync();
}
