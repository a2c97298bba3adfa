using Cluster.Engine.Topology;

namespace Cluster.Engine.Transfer;

/// <summary>How many bytes a hand-over moves, and what it costs to make them fit where they arrive.</summary>
public static class TransferPlan
{
    /// <summary>Whole blocks of the source's layout; all of them, or those the destination lacks; plus fixed state, which is never shared.</summary>
    /// <param name="missingTokens">Prompt tokens the destination's prefix cache lacks.</param>
    public static double Bytes(TransferSpec transfer, InstanceSpec source, int promptTokens, int missingTokens)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        ArgumentNullException.ThrowIfNull(source);
        var kept = source.Kv.ForgetsBeyondBound ? source.Cost.BoundedContextTokens : int.MaxValue;
        var tokens = Math.Min(transfer.MissingOnly ? missingTokens : promptTokens, kept);
        var blockSize = source.Kv.BlockSize;
        var blocks = (tokens + blockSize - 1) / blockSize;
        return blocks * (double)blockSize * source.Memory.InstanceKvBytesPerToken + source.Memory.StateBytesPerSequence;
    }

    /// <summary>
    /// Seconds to re-lay KV whose layout differs between the two sides: heads split over other ranks, other blocks, or
    /// another number format. The destination's ranks read what arrived and write it in their own layout: two passes
    /// over their HBM, each at nominal bandwidth, so a lower bound.
    /// </summary>
    public static double RelayoutSeconds(InstanceSpec source, InstanceSpec destination, double bytes)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        var (from, to) = (source.Deployment, destination.Deployment);
        var alike = from.Parallelism.Tp == to.Parallelism.Tp && from.Parallelism.Pp == to.Parallelism.Pp
            && from.Kv == to.Kv && source.Kv.BlockSize == destination.Kv.BlockSize;
        return alike ? 0 : 2 * bytes / (to.Parallelism.Tp * to.Parallelism.Pp * to.Gpu.HbmBytesPerSecond);
    }
}
