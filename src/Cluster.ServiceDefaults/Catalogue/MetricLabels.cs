namespace Cluster.ServiceDefaults.Catalogue;

/// <summary>Every label the product uses.</summary>
public static class MetricLabels
{
    /// <summary>Instances one process may publish: the stated bound on the series of per-instance metrics.</summary>
    public const int MaxInstances = 2048;

    /// <summary>Links one process may publish.</summary>
    public const int MaxLinks = 4096;

    /// <summary>Clusters (variants of a scenario) one process may publish.</summary>
    public const int MaxClusters = 16;

    public static readonly MetricLabel ModelName = new("model_name", "served model", 1) { FollowsOwner = true };
    public static readonly MetricLabel Engine = new("engine", "instance", MaxInstances);
    public static readonly MetricLabel Cluster = new("cluster", "variant of the scenario, e.g. 2P2D or aggregated", MaxClusters) { FollowsOwner = true };
    public static readonly MetricLabel Role = MetricLabel.Of("role", "what the instance does", "prefill", "decode", "aggregated") with { FollowsOwner = true };
    public static readonly MetricLabel Link = new("link", "shared link resource", MaxLinks);

    public static readonly MetricLabel WaitReason = MetricLabel.Of("reason", "why requests wait", "capacity", "deferred");
    public static readonly MetricLabel TokenSource = MetricLabel.Of("source", "where a prompt token's KV came from", "local_compute", "local_cache_hit", "external_kv_transfer");
    public static readonly MetricLabel FinishedReason = MetricLabel.Of("finished_reason", "how a request ended on the engine", "stop", "length", "abort", "error");

    public static readonly MetricLabel Hop = MetricLabel.Of("hop", "part of TTFT", "tokenize", "route", "prefill_queue", "prefill", "kv_alloc", "kv_transfer", "decode_queue");
    public static readonly MetricLabel Outcome = MetricLabel.Of("outcome", "terminal state of a request", "completed", "aborted", "failed", "rejected");
    public static readonly MetricLabel Objective = MetricLabel.Of("objective", "one service-level objective", "ttft", "tpot", "e2e");
    public static readonly MetricLabel TokenKind = MetricLabel.Of("kind", "kind of tokens", "prompt", "cached", "output");
    public static readonly MetricLabel Wall = MetricLabel.Of("wall", "resource that binds", "idle", "compute", "bandwidth", "capacity", "network", "host", "contention", "imbalance");
    public static readonly MetricLabel BlockState = MetricLabel.Of("state", "state of KV blocks", "active", "cached", "free");
    public static readonly MetricLabel Decision = MetricLabel.Of("decision", "what the router decided", "disaggregated", "local_prefill", "aggregated", "rejected");
    public static readonly MetricLabel Policy = new("policy", "routing policy", 16);
    public static readonly MetricLabel FailureReason = MetricLabel.Of("reason", "why a transfer failed", "expired", "link_down", "instance_down", "aborted");
    public static readonly MetricLabel FaultKind = new("kind", "kind of fault that was injected", 16);
    public static readonly MetricLabel InstanceStateLabel = MetricLabel.Of("state", "life cycle of instances", "starting", "ready", "draining", "failed");
}
