using Cluster.Grains.Messages;
using Orleans.Concurrency;

namespace Cluster.Grains;

/// <summary>What is broken in one cluster, and how it gets broken and mended.</summary>
public interface IFaultGrain : IGrainWithStringKey
{
    /// <summary>Breaks or slows something; it passes by itself when the order says how long it lasts.</summary>
    Task<FaultReply> InjectAsync(FaultMessage order);

    /// <summary>Undoes a fault.</summary>
    Task<FaultReply> ClearAsync(string id);

    /// <summary>An instance began anew, without its state: the faults in force meet it again.</summary>
    Task RemindAsync(string instance);

    /// <summary>Faults in force, oldest first.</summary>
    [AlwaysInterleave]
    Task<FaultMessage[]> GetInForceAsync();
}
