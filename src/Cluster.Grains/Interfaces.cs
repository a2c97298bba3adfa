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

    /// <summary>What a request would wait for here, by the instance's true state; it is not taken in.</summary>
    [AlwaysInterleave]
    Task<EstimateMessage> EstimateAsync(RequestMessage request);

    /// <summary>Forgets cached prefixes; false when running requests hold some.</summary>
    Task<bool> ResetPrefixCacheAsync();

    /// <summary>It has left the cluster: its series end and its state goes.</summary>
    Task RetireAsync();

    /// <summary>A prefix has arrived from another cache, or never will: the prompt can be computed.</summary>
    Task CopyEndedAsync(long requestId, bool arrived, long atNs);

    /// <summary>Blocks of the store that it shares with others came and went. Answered, so that the next news can wait for it.</summary>
    Task HearOfStoreAsync(StoreNewsMessage news);

    /// <summary>It dies with all it holds; the gateways place its requests anew.</summary>
    Task CrashAsync();

    /// <summary>It is there again after a crash, empty.</summary>
    Task ReviveAsync();

    /// <summary>It is built anew on the ranks that the topology has for it, empty.</summary>
    Task RebuildAsync(MemberMessage member);

    /// <summary>A rank takes so many times as long, and its instance waits for it; 1: as the cost model says.</summary>
    Task SlowAsync(int rank, double factor);
}

/// <summary>Computes prompts and holds their KV until a decode instance has it.</summary>
public interface IPrefillGrain : IInstanceGrain
{
    /// <summary>The KV of this request has left; its blocks are free.</summary>
    Task ReleaseAsync(long requestId, long atNs);

    /// <summary>The KV of this request was not pulled in time; its blocks are free.</summary>
    Task ExpireAsync(long requestId, long atNs);
}

/// <summary>Generates; computes prompts too, where they are short or the instance is aggregated.</summary>
public interface IDecodeGrain : IInstanceGrain
{
    /// <summary>Takes over a request whose prompt was computed elsewhere.</summary>
    Task TakeOverAsync(HandOver handOver);

    /// <summary>The prompt of a request that was announced while it was computed is computed now.</summary>
    Task PrefillEndedAsync(HandOver handOver);

    /// <summary>All KV of a request is here.</summary>
    Task KvArrivedAsync(KvArrival arrival);

    /// <summary>The KV of a request will not come: its prompt is computed here.</summary>
    Task FallBackAsync(long requestId, long atNs);
}

/// <summary>The links between the instances of one cluster. News of hand-overs is answered, here and by instances, so that senders know what did not arrive.</summary>
public interface ILinkGrain : IGrainWithStringKey
{
    /// <summary>A prefill instance computes a prompt, or has computed it.</summary>
    Task ComputedAsync(KvComputed news);

    /// <summary>A decode instance has blocks for KV that is to come.</summary>
    Task ReservedAsync(KvReserved news);

    /// <summary>Copies a prefix; the destination is told when it has arrived, or that it never will.</summary>
    Task CopyAsync(CopyOrder order);

    /// <summary>One side has no use for the request's KV any more.</summary>
    Task CancelAsync(long requestId);

    /// <summary>An instance died: what was under way from and to it is void.</summary>
    Task LostAsync(string instance);

    /// <summary>An instance was built anew on other ranks.</summary>
    Task RebuiltAsync(MemberMessage member);

    /// <summary>An instance's ports run at a share of their bandwidth; 0 is cut.</summary>
    Task DegradeAsync(string instance, double factor);

    /// <summary>KV that the instance holds for others is dropped.</summary>
    Task ExpireAsync(string instance);

    [AlwaysInterleave]
    Task<LinkSnapshot> GetSnapshotAsync();
}

/// <summary>The router in front of one cluster.</summary>
public interface IRouterGrain : IGrainWithStringKey
{
    Task<RouteReply> RouteAsync(RequestMessage request);

    /// <summary>News of an instance's last step. Answered, so that the next news can wait for it.</summary>
    Task ReportAsync(InstanceReport report);

    /// <summary>A request ended before any instance could say so, or is about to be placed anew.</summary>
    [OneWay]
    Task EndedAsync(long requestId);

    /// <summary>Another topology, or another policy, from the next decision on.</summary>
    Task ApplyAsync(RouterPlan plan);

    /// <summary>It starts again, with no idea of caches and load.</summary>
    Task RestartAsync();

    /// <summary>An instance came up again without its state: what was known of its cache is void.</summary>
    Task ForgetAsync(string instance);

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

    /// <summary>An instance dies with all it holds; its requests continue elsewhere.</summary>
    Task<OrderReply> CrashAsync(string instance);

    /// <summary>Builds an instance anew on other ranks, emptied first.</summary>
    Task<OrderReply> ResizeAsync(string instance, ResizeOrder order);

    /// <summary>Another routing policy, or other dials.</summary>
    Task<OrderReply> UseRouterAsync(PolicyMessage policy);
}

/// <summary>A gateway, as instances see it.</summary>
public interface IGatewayObserver : IGrainObserver
{
    /// <summary>Tokens of one step. Answered, so that the next step's tokens can wait for them.</summary>
    Task OnTokensAsync(TokenBatch batch);
}
