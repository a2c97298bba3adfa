namespace Cluster.Engine.Diagnosis;

/// <summary>The resource that binds a step, a role or a run.</summary>
public enum Wall
{
    /// <summary>Nothing ran.</summary>
    Idle,
    /// <summary>Arithmetic: FLOP/s.</summary>
    Compute,
    /// <summary>HBM bytes per second.</summary>
    Bandwidth,
    /// <summary>KV blocks: requests wait for memory, or are preempted.</summary>
    Capacity,
    /// <summary>Collectives inside an instance, or KV transfer between instances.</summary>
    Network,
    /// <summary>Host time per step: scheduling, launches, sampling.</summary>
    Host,
    /// <summary>Requests wait for a batch slot or for token budget while no hardware limit binds.</summary>
    Contention,
    /// <summary>Some instances queue while others of the same pool idle.</summary>
    Imbalance,
}
