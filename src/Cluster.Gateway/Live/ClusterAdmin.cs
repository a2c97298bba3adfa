using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Engine.Units;
using Cluster.Gateway.Admin;
using Cluster.Grains;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Live;

/// <summary>The admin API of a live cluster: every order goes to the topology grain, which carries it out or says why not.</summary>
internal sealed class ClusterAdmin(ClusterBackend backend, ClusterContext context, FaultPlayer faults, RunReporter runs) : IClusterAdmin
{
    private readonly AdminDials _dials = new(context.Clock);

    public async ValueTask<JsonNode> TopologyAsync(CancellationToken cancellationToken) =>
        AdminJson.Topology(await backend.RefreshAsync(), context);

    public async ValueTask<JsonNode> ScaleAsync(string pool, int instances, CancellationToken cancellationToken)
    {
        Check(await backend.Topology.ScaleAsync(pool, instances));
        runs.Note("scale", $"{pool} to {instances}");
        return AdminJson.Members("pool", pool, (await PlanAsync()).Members.Where(m => m.Pool == pool));
    }

    public async ValueTask<JsonNode> DrainAsync(string instance, CancellationToken cancellationToken)
    {
        Check(await backend.Topology.DrainAsync(instance));
        runs.Note("drain", instance);
        return await MemberAsync(instance);
    }

    public async ValueTask<JsonNode> OpenAsync(string instance, CancellationToken cancellationToken)
    {
        Check(await backend.Topology.OpenAsync(instance));
        runs.Note("open", instance);
        return await MemberAsync(instance);
    }

    public async ValueTask<JsonNode> ResizeAsync(ResizeInstance resize, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resize);
        if (resize is { Tp: null, Pp: null, Dp: null, Ep: null }) throw new AdminException(400, $"{resize.Instance}: say at least one of tp, pp, dp, ep; those left out stay as they are.");
        if (context.Cluster.Autoscale is not null)
            throw new AdminException(409, "The pools of this cluster scale by themselves, and their planner counts on instances that are alike: take 'autoscale' out of the scenario first.");
        Check(await backend.Topology.ResizeAsync(resize.Instance, new ResizeOrder(resize.Tp, resize.Pp, resize.Dp, resize.Ep, resize.Now)));
        var member = (await PlanAsync()).Members.Single(m => m.Name == resize.Instance);
        runs.Note("resize", $"{resize.Instance} to {(member.Becomes?.ToParallelism() ?? context.RanksOf(member)).Text}");
        return AdminJson.Resized(member, context.RanksOf(member));
    }

    public async ValueTask<JsonNode> SetRouterAsync(RouterOrder router, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(router);
        Check(await backend.Topology.UseRouterAsync(PolicyMessage.Of(router.Policy, router.Dials ?? new Dictionary<string, double>())));
        runs.Note("router", router.Policy);
        return await DialsAsync(cancellationToken);
    }

    public async ValueTask<JsonNode> InjectFaultAsync(FaultOrder fault, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.DurationSeconds is { } seconds && !(seconds is > 0 and < 1e9))
            throw new AdminException(400, string.Create(CultureInfo.InvariantCulture, $"duration_seconds: {seconds} is no duration; leave it out for a fault that lasts until it is cleared."));
        return Answer(await faults.InjectAsync(new FaultMessage("", fault.Kind, fault.Target ?? "", fault.Factor, fault.DurationSeconds is { } s ? Time.FromSeconds(s) : null)
        {
            Rank = fault.Rank,
        }));
    }

    public async ValueTask<JsonNode> ClearFaultAsync(string faultId, CancellationToken cancellationToken)
    {
        var answer = Answer(await faults.ClearAsync(faultId));
        runs.Note("clear", faultId);
        return answer;
    }

    public async ValueTask<JsonNode> RunsAsync(CancellationToken cancellationToken)
    {
        await runs.FlushAsync();
        return RunJson.Of(await backend.Runs.GetAsync());
    }

    public async ValueTask<JsonNode> BeginRunAsync(string name, CancellationToken cancellationToken)
    {
        if (name.Length is 0 or > 100 || name.Any(char.IsControl)) throw new AdminException(400, "name: a run has a name of 1 to 100 characters, e.g. 'after-resize'.");
        await runs.FlushAsync();
        return RunJson.Of(await backend.Runs.BeginAsync(name));
    }

    public async ValueTask<JsonNode> FaultsAsync(CancellationToken cancellationToken) => AdminJson.Faults(await backend.Faults.GetInForceAsync());

    public async ValueTask<JsonNode> RouterDecisionsAsync(int limit, CancellationToken cancellationToken) =>
        AdminJson.Decisions(await backend.Router.GetDecisionsAsync(limit));

    public async ValueTask<JsonNode> DialsAsync(CancellationToken cancellationToken) => _dials.Describe((await PlanAsync()).Policy);

    public async ValueTask<JsonNode> SetDialAsync(string name, double value, CancellationToken cancellationToken)
    {
        if (AdminDials.Turn((await PlanAsync()).Policy, name, value) is { } policy) Check(await backend.Topology.UseRouterAsync(policy));
        else await backend.Time.SetScaleAsync(value);
        runs.Note("set", string.Create(CultureInfo.InvariantCulture, $"{name} to {value}"));
        return await DialsAsync(cancellationToken);
    }

    private static JsonNode Answer(FaultReply reply) => reply.Refusal is { } refusal
        ? throw new AdminException(reply.NotFound ? 404 : 400, refusal)
        : AdminJson.Fault(reply.Fault!);

    private Task<RouterPlan> PlanAsync() => backend.Topology.GetPlanAsync();

    private async Task<JsonNode> MemberAsync(string instance) =>
        AdminJson.Members("instance", instance, (await PlanAsync()).Members.Where(m => m.Name == instance));

    private static void Check(OrderReply reply)
    {
        if (reply.Refusal is { } refusal) throw new AdminException(reply.NotFound ? 404 : 409, refusal);
    }
}
