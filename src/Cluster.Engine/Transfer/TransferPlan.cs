using Cluster.Engine.Topology;

namespace Cluster.Engine.Transfer;

/// <summary>How many bytes a hand-over moves.</summary>
public static class TransferPlan
{
    /// <summary>Whole blocks of the source's layout; all of them, or those the destination lacks; plus fixed state, which is never shared.</summary>
    /// <param name="missingTokens">Prompt tokens the destination's prefix cache lacks.</param>
    public static double Bytes(TransferSpec transfer, InstanceSpec source, int promptTokens, int missingTokens)
    {
        var tokens = transfer.MissingOnly ? missingTokens : promptTokens;
        var blockSize = source.Kv.BlockSize;
        var blocks = (tokens + blockSize - 1) / blockSize;
        return blocks * (double)blockSize * source.Memory.InstanceKvBytesPerToken + source.Memory.StateBytesPerSequence;
    }
}
