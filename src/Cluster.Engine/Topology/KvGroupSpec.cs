namespace Cluster.Engine.Topology;

/// <summary>What layers that do not keep every token hold of a sequence.</summary>
public enum KvGroupKind
{
    /// <summary>The blocks of the last tokens; those that the window has passed are freed one by one.</summary>
    Window,
    /// <summary>One state, whatever the length (Mamba, linear attention).</summary>
    State,
}

/// <summary>
/// Layers of a hybrid model that keep less than full attention beside them does, as vLLM's hybrid KV cache manager groups them:
/// all groups draw on one pool of equal pages, a page being a block of the full-attention layers.
/// </summary>
/// <param name="Pages">Pages of one block of these layers (rounded up, as vLLM pads them), or of one state.</param>
/// <param name="Tokens">Of a window: tokens that a query sees, itself included. Of a state: 0.</param>
public sealed record KvGroupSpec(KvGroupKind Kind, int Pages, int Tokens)
{
    /// <summary>Blocks that a long sequence holds: those that the window touches, wherever it stands.</summary>
    public int BlocksKept(int blockSize) => BlocksNeeded(blockSize) + 1;

    /// <summary>Blocks before a place that a sequence needs to go on from there.</summary>
    public int BlocksNeeded(int blockSize) => Kind == KvGroupKind.State ? 1 : (Tokens - 1 + blockSize - 1) / blockSize;

    /// <summary>Pages that a sequence of so many computed tokens holds between steps.</summary>
    public long PagesFor(long tokens, int blockSize) =>
        tokens <= 0 ? 0 : Pages * (Kind == KvGroupKind.State ? 1 : Math.Min((tokens + blockSize - 1) / blockSize, BlocksKept(blockSize)));

    /// <summary>Pages held while <paramref name="tokens"/> more are computed: windows drop what they have passed only after it.</summary>
    public long PagesDuring(long computed, long tokens, int blockSize)
    {
        if (Kind == KvGroupKind.State) return Pages;
        var (first, end) = (Math.Max(0, computed - Tokens + 1) / blockSize, (computed + tokens + blockSize - 1) / blockSize);
        return Math.Max(Pages * (end - first), PagesFor(computed + tokens, blockSize));
    }
}
