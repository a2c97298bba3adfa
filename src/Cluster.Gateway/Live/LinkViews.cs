using Cluster.Gateway.Console;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Live;

/// <summary>What the console shows of the links, from what has arrived between pictures: transfers themselves last milliseconds.</summary>
internal static class LinkViews
{
    /// <param name="portBytesPerSecond">Nominal bandwidth of one instance's port, each way.</param>
    public static LinkView Of(string name, double portBytesPerSecond, Picture picture)
    {
        var flows = Flows(picture.Now.Links, picture.Before.Links, picture.Seconds);
        var ports = flows.GroupBy(f => f.From).Concat(flows.GroupBy(f => f.To)).Select(port => (Name: port.Key, BytesPerS: port.Sum(f => f.BytesPerS))).ToList();
        var (busiest, bytes) = ports.Count == 0 ? ("", 0) : ports.MaxBy(p => p.BytesPerS);
        return new LinkView(name, flows.Sum(f => f.BytesPerS), picture.Now.Links.ActiveTransfers, busiest, bytes / portBytesPerSecond);
    }

    /// <summary>What arrived since the last picture, by sender and receiver, the largest first.</summary>
    public static List<FlowView> Flows(LinkSnapshot now, LinkSnapshot before, double seconds)
    {
        var earlier = before.Flows.ToDictionary(f => (f.From, f.To));
        return [.. now.Flows
            .Select(f => (Flow: f, Before: earlier.GetValueOrDefault((f.From, f.To))))
            .Where(f => f.Flow.Transfers > f.Before.Transfers)
            .Select(f => new FlowView(f.Flow.From, f.Flow.To, (f.Flow.Bytes - f.Before.Bytes) / seconds, f.Flow.Transfers - f.Before.Transfers))
            .OrderByDescending(f => f.BytesPerS)];
    }
}
