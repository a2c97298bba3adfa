namespace Cluster.Gateway.Console;

/// <summary>
/// What the console shows. The live cluster registers one; without it the gateway has no console.
/// Its names: windows cover the last 10 emulated seconds or so, times are emulated.
/// </summary>
public interface IClusterView
{
    /// <summary>The cluster as it is now. Called about twice a second while somebody looks, from one thread; cheap, never blocking.</summary>
    ClusterSnapshot Snapshot();
}
