namespace Cluster.Engine.Topology;

/// <summary>Which routing policy, with which dials, seeing how old a view of the cluster.</summary>
/// <param name="Policy">A name in <c>Routing.Routers.Registry</c>.</param>
public sealed record RouterSpec(string Policy)
{
    /// <summary>Values for the policy's dials; those absent take their default.</summary>
    public IReadOnlyDictionary<string, double> Dials { get; init; } = new Dictionary<string, double>();

    /// <summary>Age of the load and cache view the router decides on.</summary>
    public long StalenessNs { get; init; }

    /// <summary>Where the router's index of cached blocks comes from.</summary>
    public PrefixIndexSource Index { get; init; }

    /// <summary>Prompts that were sent to an instance count as cached there while they are computed (llm-d's speculative indexing).</summary>
    public bool SpeculativeIndex { get; init; }

    /// <summary>How long the router believes its own history (Dynamo's approximate mode: 120 s).</summary>
    public long HistoryTtlNs { get; init; } = 120 * Units.Time.Second;

    /// <summary>Tokens that the router takes each instance's cache to hold, the least recently sent there forgotten first (llm-d's default: 31,250 blocks of about 16); null: no limit.</summary>
    public int? HistoryCapacityTokens { get; init; }

    /// <summary>Tokens of a prompt's beginning that the history tells prompts apart by (llm-d's default: 256 blocks of about 16); null: all.</summary>
    public int? HistoryReachTokens { get; init; }

    /// <summary>Independent router replicas; each sees only its own decisions at once.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Cost of one routing decision: the <c>route</c> hop.</summary>
    public long DecisionNs { get; init; }
}

/// <summary>How a router learns which instance has which block.</summary>
public enum PrefixIndexSource
{
    /// <summary>Instances tell what they store and evict.</summary>
    Events,
    /// <summary>The router remembers what it sent where.</summary>
    History,
}
