namespace Cluster.Grains.Hosting;

/// <summary>Storage providers by the names that grains ask for.</summary>
public static class StorageNames
{
    /// <summary>What must outlive a silo: topology, policy, faults in force.</summary>
    public const string Cluster = "xpyd";
}
