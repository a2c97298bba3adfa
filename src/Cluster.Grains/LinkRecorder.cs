using System.Runtime.InteropServices;
using Cluster.Engine.Transfer;
using Cluster.Grains.Messages;
using Cluster.ServiceDefaults.Recording;

namespace Cluster.Grains;

/// <summary>Keeps the links' metrics true to the desk: each instance's ports, and every transfer that ended.</summary>
internal sealed class LinkRecorder(ClusterMetrics metrics, ClusterContext context) : IDisposable
{
    private readonly Dictionary<int, Port> _ports = [];
    private readonly Dictionary<(int Source, int Destination), (double Bytes, int Transfers)> _flows = [];
    private readonly ClusterSeries _series = metrics.ForCluster(context.Cluster.Name);

    private sealed class Port(LinkMetrics metrics)
    {
        public LinkMetrics Metrics { get; } = metrics;
        public double CarriedBytes { get; set; }
    }

    public void Publish(HandOverDesk desk, List<string> names)
    {
        for (var i = 0; i < desk.Effects.Count; i++) Record(desk.Effects[i], names);
        for (var place = 0; place < names.Count; place++) PublishPort(desk, names, place);
    }

    /// <summary>What has arrived, by sender and receiver.</summary>
    public FlowMessage[] Flows(List<string> names) =>
        [.. _flows.Select(f => new FlowMessage(names[f.Key.Source], names[f.Key.Destination], f.Value.Bytes, f.Value.Transfers))];

    public void Dispose()
    {
        foreach (var port in _ports.Values) port.Metrics.Dispose();
        _ports.Clear();
    }

    private void Record(DeskEffect effect, List<string> names)
    {
        if (effect.Kind == DeskEffectKind.Expired) _series.KvTransferFailed(TransferFailure.Expired);
        if (effect.Kind == DeskEffectKind.CopyFailed) _series.KvTransferFailed(TransferFailure.LinkDown);
        if (effect.Kind is DeskEffectKind.Arrived or DeskEffectKind.CopyEnded)
        {
            _series.KvTransferred(effect.DurationNs, effect.ExposedNs);
            context.Watch?.Transferred(names[effect.Source], names[effect.Destination], effect.AtNs - effect.DurationNs, effect.AtNs);
            ref var flow = ref CollectionsMarshal.GetValueRefOrAddDefault(_flows, (effect.Source, effect.Destination), out _);
            flow = (flow.Bytes + effect.Bytes, flow.Transfers + 1);
            PortOf(effect.Source, names).CarriedBytes += effect.Bytes;
            PortOf(effect.Destination, names).CarriedBytes += effect.Bytes;
        }
    }

    private void PublishPort(HandOverDesk desk, List<string> names, int place)
    {
        var (active, waiting) = desk.Fabric.Transfers(place);
        var port = PortOf(place, names);
        var capacity = desk.Fabric.Capacity(place);
        // The busier direction is the one that makes transfers wait.
        var used = capacity * Math.Max(desk.Fabric.Utilisation(place, egress: true), desk.Fabric.Utilisation(place, egress: false));
        port.Metrics.Publish(new LinkState(capacity, used, active, waiting, (long)port.CarriedBytes));
    }

    private Port PortOf(int place, List<string> names)
    {
        if (!_ports.TryGetValue(place, out var port)) _ports[place] = port = new Port(metrics.AddLink(context.Cluster.Name, $"{names[place]}.nic"));
        return port;
    }
}
