namespace Cluster.Engine.Topology;

/// <summary>What decides how long a step takes in the live cluster; virtual time has no use for it.</summary>
public enum ComputeMode
{
    /// <summary>The cost model's duration, times how much slower than calibrated this host ran the step's slice of matmul.</summary>
    Measured,

    /// <summary>The cost model's duration; the matmul runs beside it, as load, and is reported one step later.</summary>
    Paced,

    /// <summary>The cost model's duration; no matmul.</summary>
    Modeled,
}
