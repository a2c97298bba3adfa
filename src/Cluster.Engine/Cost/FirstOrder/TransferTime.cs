using Cluster.Engine.Hardware;

namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>Moving a prompt's KV from prefill to decode.</summary>
public static class TransferTime
{
    /// <summary>Alone on the link: set-up, then the bytes at the rate that a transfer of their size reaches.</summary>
    public static double Seconds(LinkProfile link, double bytes)
    {
        ArgumentNullException.ThrowIfNull(link);
        return link.SetupSeconds + bytes / link.EffectiveBytesPerSecond(bytes);
    }

    public static Law Law { get; } = new(
        "transfer-time", "Time to move a prompt's KV over a link.", $"t = setup + x ÷ (link · e(x)), e(x) = e_max · x ÷ (x + x_half), x = {SequenceKv.Formula}",
        "Hockney 1994; constants of the link profile",
        [
            .. SequenceKv.Inputs, Terms.Context with { Name = "tokens", Meaning = "prompt length" }, new("link-bandwidth", "link", "B/s", "nominal bandwidth", Min: 1e6),
            new("efficiency", "e_max", "", "share of nominal that large transfers reach", 1, 0.001, 1),
            new("half-size", "x_half", "B", "size that reaches half of it", 0), new("setup", "setup", "s", "before the first byte", 0),
        ],
        n =>
        {
            var bytes = SequenceKv.Bytes(n, n["tokens"]);
            var seconds = Seconds(new LinkProfile("", n["link-bandwidth"], n["setup"], n["efficiency"], n["half-size"], ""), bytes);
            return [new("ms", "ms", 1000 * seconds, "alone on the link"), new("bytes", "B", bytes, "KV of the prompt"), new("bytes_per_second", "B/s", bytes / seconds, "reached")];
        })
    { Contradictions = SequenceKv.Contradictions };
}
