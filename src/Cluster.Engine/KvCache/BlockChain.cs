using Cluster.Engine.Units;

namespace Cluster.Engine.KvCache;

/// <summary>
/// The chained keys of a sequence's full blocks: each names its block and all before it. Caches keep chains for as long as the
/// blocks are there, so what is made of one run of tokens (most prompts that nobody shares) is kept as that run's name, and its keys
/// are worked out where a run of blocks begins: 48 bytes instead of eight per block. Others hold their keys.
/// </summary>
public sealed class BlockChain
{
    private readonly ulong _contentId;
    private ulong[]? _keys;
    private Mark? _mark;

    /// <summary>The key that was asked for last: the next is most often that one, or one behind it.</summary>
    private sealed record Mark(int Index, ulong Key);

    private BlockChain(int blockSize, int length) => (BlockSize, Length) = (blockSize, length);

    private BlockChain(ulong contentId, int blockSize, int length) : this(blockSize, length) => _contentId = contentId;

    /// <summary>Tokens per block; 0 where nobody said.</summary>
    public int BlockSize { get; }

    /// <summary>Full blocks.</summary>
    public int Length { get; }

    /// <summary>The key of one block. Where keys are not held, costs by the blocks between it and the one asked for last.</summary>
    public ulong this[int block] => _keys is { } keys ? keys[block] : KeyOf(block);

    /// <summary>All keys; from now on they are held.</summary>
    public ulong[] Keys
    {
        get
        {
            // Two threads may both work them out: what they find is the same.
            if (_keys is { } known) return known;
            var keys = new ulong[Length];
            for (var (i, key) = (0, 0UL); i < keys.Length; i++) keys[i] = key = Next(key, i);
            return _keys = keys;
        }
    }

    /// <summary>A chain of these keys, which are kept and never to be changed.</summary>
    public static BlockChain Of(ulong[] keys, int blockSize = 0)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return new BlockChain(blockSize, keys.Length) { _keys = keys };
    }

    /// <summary>The chain over one run of tokens.</summary>
    public static BlockChain OfRun(ulong contentId, int blockSize, int length) => new(contentId, blockSize, length);

    public static implicit operator BlockChain(ulong[] keys) => Of(keys);

    /// <summary>Its first blocks.</summary>
    public ChainSlice Take(int blocks) => new(this, 0, blocks);

    /// <summary>Of the blocks from <paramref name="start"/> on, how many are the same in both, <paramref name="count"/> at most. All before are.</summary>
    public int CommonLength(BlockChain other, int start, int count)
    {
        ArgumentNullException.ThrowIfNull(other);
        count = Math.Min(count, Math.Min(Length, other.Length) - start);
        if (ReferenceEquals(this, other)) return count;
        if (_keys is null && other._keys is null) return _contentId == other._contentId && BlockSize == other.BlockSize ? count : 0;
        return Keys.AsSpan(start, count).CommonPrefixLength(other.Keys.AsSpan(start, count));
    }

    private ulong KeyOf(int block)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)block, (uint)Length);
        if (block == 0) return Next(0, 0);
        var (at, key) = _mark is { } mark && mark.Index <= block ? (mark.Index, mark.Key) : (0, Next(0, 0));
        if (at == block) return key;
        while (at < block) key = Next(key, ++at);
        _mark = new Mark(block, key);
        return key;
    }

    private ulong Next(ulong key, int block) => Link(key, _contentId, BlockSize, block * BlockSize);

    /// <summary>The key after this one, once so many tokens of a run are added: the span is part of it, so 10 tokens of a run differ from 12.</summary>
    internal static ulong Link(ulong key, ulong contentId, int tokens, int offset) =>
        Hashing.Mix(Hashing.Mix(key, contentId), ((ulong)(uint)tokens << 32) | (uint)offset);
}

/// <summary>Blocks of a chain that follow each other.</summary>
public readonly record struct ChainSlice(BlockChain? Chain, int Start, int Length)
{
    public ulong this[int block] => Chain![Start + block];

    public bool IsEmpty => Length == 0;

    /// <summary>Their keys.</summary>
    public ReadOnlySpan<ulong> Keys => Chain is null ? [] : Chain.Keys.AsSpan(Start, Length);

    public static implicit operator ChainSlice(BlockChain chain) => new(chain, 0, chain?.Length ?? 0);

    public static implicit operator ChainSlice(ulong[] keys) => new(BlockChain.Of(keys), 0, keys.Length);

    public ChainSlice Slice(int start, int length) => new(Chain, Start + start, length);
}
