using Cluster.Grains.Messages;
using Orleans.Concurrency;

namespace Cluster.Grains;

/// <summary>One engine instance; its key is <c>cluster/instance</c>, see <see cref="GrainKeys"/>.</summary>
public interface IInstanceGrain : IGrainWithStringKey
{
    /// <summary>Takes a request whose prompt is to be computed here.</summary>
    Task SubmitAsync(SubmitOrder order);

    /// <summary>The client has gone: slot and blocks are free within a step.</summary>
    Task AbortAsync(long requestId);

    /// <summary>What the instance is doing, for consoles and metrics.</summary>
    [AlwaysInterleave]
    Task<InstanceSnapshot> GetSnapshotAsync();

    /// <summary>Forgets cached prefixes; false when running requests hold some.</summary>
    Task<bool> ResetPrefixCacheAsync();

    /// <summary>It has left the cluster: its series end and its state goes.</summary>
    Task RetireAsync();
}

/// <summary>Computes prompts and holds their KV until a decode instance has it.</summary>
public interface IPrefillGrain : IInstanceGrain
{
    /// <summary>The KV of this request has left; its blocks are free.</summary>
    Task ReleaseAsync(long requestId);
}

/// <summary>Generates; computes prompts too, where they are short or the instance is aggregated.</summary>
public interface IDecodeGrain : IInstanceGrain
{
    /// <summary>Takes over a request whose prompt was computed elsewhere.</summary>
    Task TakeOverAsync(HandOver handOver);
}

/// <summary>The links between the instances of one cluster.</summary>
public interface ILinkGrain : IGrainWithStringKey
{
    /// <summary>Moves KV; completes when it has arrived.</summary>
    Task TransferAsync(TransferOrder order);

    [AlwaysInterleave]
    Task<LinkSnapshot> GetSnapshotAsync();
}

/// <summary>The router in front of one cluster.</summary>
public interface IRouterGrain : IGrainWithStringKey
{
    Task<RouteReply> RouteAsync(RequestMessage request);

    /// <summary>News of an instance's last step. Answered, so that the next news can wait for it.</summary>
    Task ReportAsync(InstanceReport report);

    /// <summary>A request ended before any instance could say so.</summary>
    [OneWay]
    Task EndedAsync(long requestId);

    /// <summary>Another topology, or another policy, from the next decision on.</summary>
    Task ApplyAsync(RouterPlan plan);

    /// <summary>Requests placed on an instance that have not ended.</summary>
    Task<int> CountActiveAsync(string instance);

    /// <summary>At most so many decisions, newest first.</summary>
    [AlwaysInterleave]
    Task<DecisionMessage[]> GetDecisionsAsync(int limit);
}

/// <summary>The cluster as a whole: what it consists of, how it is, and what operators do to it. Refusals leave everything as it was.</summary>
public interface ITopologyGrain : IGrainWithStringKey
{
    [AlwaysInterleave]
    Task<TopologySnapshot> GetSnapshotAsync();

    /// <summary>For a router that begins. Interleaves: the topology may be waiting for that router.</summary>
    [AlwaysInterleave]
    Task<RouterPlan> GetPlanAsync();

    Task<bool> ResetPrefixCachesAsync();

    /// <summary>Brings a pool to a number of instances; shrinking drains first.</summary>
    Task<OrderReply> ScaleAsync(string pool, int instances);

    /// <summary>Takes an instance out of routing and lets it finish what it has.</summary>
    Task<OrderReply> DrainAsync(string instance);

    /// <summary>Lets a drained or failed instance take requests again.</summary>
    Task<OrderReply> OpenAsync(string instance);

    /// <summary>Another routing policy, or other dials.</summary>
    Task<OrderReply> UseRouterAsync(PolicyMessage policy);
}

/// <summary>A gateway, as instances see it.</summary>
public interface IGatewayObserver : IGrainObserver
{
    /// <summary>Tokens of one step. Answered, so that the next step's tokens can wait for them.</summary>
    Task OnTokensAsync(TokenBatch batch);
}
