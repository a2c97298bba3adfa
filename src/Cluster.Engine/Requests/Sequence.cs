using Cluster.Engine.KvCache;
using Cluster.Engine.Units;

namespace Cluster.Engine.Requests;

/// <summary>Where a sequence stands in its instance.</summary>
public enum SequenceStatus
{
    /// <summary>Not in any queue: new, handed on, finished or aborted.</summary>
    Outside,
    /// <summary>In the waiting queue.</summary>
    Waiting,
    /// <summary>Waits for blocks to receive its KV in.</summary>
    Reserving,
    /// <summary>Holds blocks that its KV is moving into.</summary>
    Receiving,
    /// <summary>Holds blocks that cached KV is moving up into from a tier below HBM.</summary>
    Onboarding,
    /// <summary>Its KV has arrived; waits for a place in the batch.</summary>
    Arrived,
    /// <summary>Running; some known tokens are not computed yet.</summary>
    Prefilling,
    /// <summary>Running; one new token per step.</summary>
    Decoding,
    /// <summary>Prefill is done; holds its blocks until they are pulled.</summary>
    Held,
}

/// <summary>A request inside one instance: how far it is and which blocks it holds.</summary>
/// <remarks>
/// While <see cref="Status"/> is <see cref="SequenceStatus.Decoding"/>, <see cref="Computed"/> and <see cref="Generated"/>
/// are those at the time it joined the batch; the batch knows how many steps have passed since.
/// </remarks>
public sealed class Sequence(RequestSpec request, int targetTokens)
{
    private BlockChain? _blocks;
    private RequestTimeline? _timeline;

    public RequestSpec Request { get; private set; } = request;

    public long Id => Request.Id;

    /// <summary>Output tokens after which it ends on this instance: 1 on a prefill instance that hands it on, else the OSL.</summary>
    public int TargetTokens { get; private set; } = targetTokens;

    public RequestTimeline Timeline
    {
        get => _timeline ??= new RequestTimeline();
        init => _timeline = value;
    }

    /// <summary>What the driver keeps of the request; the engine never looks at it.</summary>
    public object? Owner { get; set; }

    public SequenceStatus Status { get; internal set; }

    /// <summary>Output tokens so far, those made by earlier instances included.</summary>
    public int Generated { get; set; }

    /// <summary>Leading tokens whose KV this instance holds.</summary>
    public int Computed { get; internal set; }

    /// <summary>Prompt tokens found in cache when it was first admitted.</summary>
    public int CachedTokens { get; set; } = -1;

    /// <summary>Times it lost its blocks.</summary>
    public int Preemptions { get; internal set; }

    /// <summary>Tokens known so far: the prompt and what was generated.</summary>
    public int KnownTokens => Request.InputTokens + Generated;

    /// <summary>Known tokens still to compute; 1 means it decodes.</summary>
    public int MissingTokens => KnownTokens - Computed;

    /// <summary>Whether nobody in the engine holds the object any more, not even in a list of what was to come: see <see cref="Reuse"/>.</summary>
    public bool MayBeReused => Status == SequenceStatus.Outside && !IsAwaited;

    /// <summary>
    /// Becomes the sequence of another request, as if new. A simulation of millions of requests would otherwise have the collector
    /// move each of them while it is under way.
    /// </summary>
    /// <exception cref="InvalidOperationException">An instance may still have it: <see cref="MayBeReused"/>.</exception>
    public void Reuse(RequestSpec request, int targetTokens, RequestTimeline timeline)
    {
        if (!MayBeReused) throw new InvalidOperationException($"Request {Id} is {Status}: its sequence cannot become another's.");
        (Request, TargetTokens, _timeline, _blocks) = (request, targetTokens, timeline, null);
        (Generated, Computed, CachedTokens, Preemptions) = (0, 0, -1, 0);
        (SharedBlocks, TailBlocks, PrivateBlocks, OnboardedTokens, AcceptedThisStep) = (0, 0, 0, 0, 0);
        (AdmissionOrder, JoinStep, FinishStep, QueuedStep, Rank) = (0, 0, 0, 0, -1);
        (LastTokenNs, QueuedNs, SharesLastBlock) = (Time.Unset, Time.Unset, false);
    }

    /// <summary>A list of what was to come may still name it: it left before its time.</summary>
    internal bool IsAwaited { get; set; }

    /// <summary>Full blocks over prompt and output.</summary>
    internal BlockChain Blocks(int blockSize) => _blocks ??= Request.Content.BlockChain(blockSize);

    /// <summary>Leading blocks that it holds through the prefix cache.</summary>
    internal int SharedBlocks { get; set; }

    /// <summary>Leading blocks of which windows and states have been left in the cache, or were found there.</summary>
    internal int TailBlocks { get; set; }

    /// <summary>Blocks it holds alone.</summary>
    internal int PrivateBlocks { get; set; }

    /// <summary>The attention replica that computes it, where a scheduler tells them apart; −1: none chosen.</summary>
    internal int Rank { get; set; } = -1;

    /// <summary>Order of admission: victims are taken from the end.</summary>
    internal long AdmissionOrder { get; set; }

    /// <summary>The batch's step count when it joined, and at which it will have all its tokens.</summary>
    internal long JoinStep { get; set; }

    internal long FinishStep { get; set; }

    /// <summary>Leading tokens whose KV HBM has once it has come up from a tier.</summary>
    internal int OnboardedTokens { get; set; }

    /// <summary>Others may copy the last block of its prompt.</summary>
    internal bool SharesLastBlock { get; set; }

    /// <summary>Drafted tokens that the last step accepted.</summary>
    internal int AcceptedThisStep { get; set; }

    /// <summary>When its last token became visible; in the decode batch, the last before it joined.</summary>
    public long LastTokenNs { get; internal set; } = Time.Unset;

    /// <summary>When the client got the last token from an instance that was lost since; sets <see cref="LastTokenNs"/>.</summary>
    public long ContinuesFromNs { set => LastTokenNs = value; }

    /// <summary>Its neighbours in the queue or in the batch that has it: it is in one of them at most.</summary>
    internal Sequence? Previous { get; set; }

    internal Sequence? Next { get; set; }

    /// <summary>Since when it waits, for the cause of the wait.</summary>
    internal long QueuedNs { get; set; } = Time.Unset;

    /// <summary>Steps that its instance had ended when it came.</summary>
    internal long QueuedStep { get; set; }
}
