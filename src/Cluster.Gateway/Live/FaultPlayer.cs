using Cluster.Engine.Faults;
using Cluster.Engine.Units;
using Cluster.Grains;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Live;

/// <summary>Injects faults: those that operators order, and those that the scenario has planned.</summary>
internal sealed class FaultPlayer(ClusterBackend backend, ClusterContext context, RunReporter runs)
{
    private readonly RandomStream _draws = new(context.Cluster.Seed, "faults");
    private readonly Lock _gate = new();

    public async Task<FaultReply> InjectAsync(FaultMessage order)
    {
        var reply = await backend.Faults.InjectAsync(order);
        if (reply.Fault is { } begun) runs.Note("fault", $"{begun.Id} {begun.Kind} {begun.Target}".TrimEnd());
        if (reply.Fault is { Kind: "disconnect" } fault) backend.Disconnect(fault.Factor!.Value, Draw);
        if (reply.Fault is { Kind: "slow_client" } slow)
            backend.Slowness = new ReaderSlowness(slow.Id, slow.Share, slow.Factor!.Value, slow.ForNs is { } ns ? slow.AtNs + ns : Time.Never, Draw);
        return reply;
    }

    /// <summary>A fault is over before its time.</summary>
    public async Task<FaultReply> ClearAsync(string id)
    {
        var reply = await backend.Faults.ClearAsync(id);
        if (backend.Slowness?.FaultId == id) backend.Slowness = null;
        return reply;
    }

    /// <summary>Lets the scenario's faults happen from now on, each at its time.</summary>
    public async Task PlayAsync(CancellationToken cancellation)
    {
        var fromNs = context.Clock.NowNs;
        foreach (var fault in context.Cluster.Faults.OrderBy(f => f.AtNs))
        {
            await context.Clock.WaitUntilAsync(fromNs + fault.AtNs).WaitAsync(cancellation);
            if (fault is InstanceResize resize) await ResizeAsync(resize);
            else await InjectAsync(OrderOf(fault));
        }
    }

    private async Task ResizeAsync(InstanceResize resize)
    {
        var (name, to) = (context.Cluster.Instances[resize.Instance].Name, resize.To);
        var reply = await backend.Topology.ResizeAsync(name, new ResizeOrder(to.Tp, to.Pp, to.Dp, to.Ep, resize.AtOnce));
        runs.Note("resize", reply.Refusal ?? $"{name} to {to.Text}");
    }

    private FaultMessage OrderOf(Fault fault)
    {
        var target = fault is InstanceFault { Instance: var index } ? context.Cluster.Instances[index].Name : "";
        var order = fault switch
        {
            InstanceCrash => new FaultMessage("", "crash", target),
            InstanceDrain => new FaultMessage("", "drain", target),
            StragglerRank slow => new FaultMessage("", "slow", target, slow.Factor),
            LinkDegradation link => new FaultMessage("", "link", target, link.Factor),
            StoreDegradation store => new FaultMessage("", "store", target, store.Factor),
            KvExpiry => new FaultMessage("", "expire_kv", target),
            RouterRestart => new FaultMessage("", "router_restart", target),
            SlowClients slow => new FaultMessage("", "slow_client", target, slow.TokensPerSecond) { Share = slow.Share },
            ClientDisconnect disconnect => new FaultMessage("", "disconnect", target, disconnect.Share),
            _ => throw new InvalidOperationException($"Unknown fault {fault.GetType().Name}."),
        };
        return order with { ForNs = fault.Lasts ? fault.ForNs : null };
    }

    private double Draw()
    {
        lock (_gate) return _draws.NextDouble();
    }
}
