using System.Collections.Immutable;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// The sequences that decode. Each gets one token per step, so the batch counts steps and sums instead of visiting
/// members: a step costs the same for 4 sequences and for 4,000. A member's progress is the steps since it joined.
/// </summary>
public sealed partial class DecodeBatch
{
    private readonly int _blockSize;
    private readonly int _boundedContext;
    private readonly int[] _blocksDue;
    private readonly PriorityQueue<Sequence, (long Step, long Order)> _finishing = new();
    private readonly PriorityQueue<Sequence, (long Step, long Order)> _bounding = new();
    private readonly bool _paged;
    private readonly bool _forgets;
    private readonly List<Sequence> _fresh = [];
    private long _advancedNs;
    private long _nextFinish = long.MaxValue;
    private long _nextBound = long.MaxValue;
    private int _growing;

    /// <param name="blockSize">Tokens per KV block.</param>
    /// <param name="boundedContext">Context at which bounded layers stop reading more; <see cref="int.MaxValue"/> for never.</param>
    /// <param name="paged">False when members reserved their maximum length at admission, so that no step needs blocks.</param>
    /// <param name="forgets">KV beyond the bound is dropped, so that members stop growing there.</param>
    /// <param name="drafts">Decides which drafted tokens are accepted; null where none are drafted.</param>
    /// <param name="groups">Layers that keep less than full attention does, in the same pool.</param>
    public DecodeBatch(int blockSize, int boundedContext, bool paged = true, DraftAcceptance? drafts = null, bool forgets = false, ImmutableArray<KvGroupSpec> groups = default)
    {
        _drafts = drafts;
        _groups = groups.IsDefault ? [] : groups;
        _blockSize = blockSize;
        _paged = paged;
        _forgets = forgets && boundedContext != int.MaxValue;
        _boundedContext = boundedContext;
        _blocksDue = new int[blockSize];
    }

    public int Count { get; private set; }

    /// <summary>Members that joined or left so far: as long as it stays, the members are the same.</summary>
    public long Changes { get; private set; }

    /// <summary>Steps this batch has made.</summary>
    public long Steps { get; private set; }

    /// <summary>Σ of tokens in cache over members.</summary>
    public long ContextTokens { get; private set; }

    /// <summary>Σ of tokens that bounded layers read, the new token included.</summary>
    public long BoundedContextTokens { get; private set; }

    /// <summary>Blocks that the next step's tokens start.</summary>
    public int BlocksDue => !_paged ? 0 : Speculates ? SpeculativeBlocksDue() : _blocksDue[(int)(Steps % _blockSize)];

    /// <summary>The step after which the next member has all its tokens.</summary>
    public long NextFinishStep => Speculates ? Steps + 1 : _nextFinish;

    /// <summary>Steps until a member has all its tokens or reaches the bound of its context; at least 1 once those that are there have left.</summary>
    public int StepsToNextChange
    {
        get
        {
            var next = Math.Min(Math.Min(NextFinishStep, _nextBound), _nextFilled);
            return (int)Math.Min(int.MaxValue, next - Steps);
        }
    }

    /// <summary>Members whose bounded context still grows: by how much <see cref="BoundedContextTokens"/> grows with a step.</summary>
    public int Growing => _growing;

    /// <summary>Blocks that the tokens of a step start which comes after so many others of the same members.</summary>
    public int BlocksDueAfter(int steps) => _paged ? _blocksDue[(int)((Steps + steps) % _blockSize)] : 0;

    /// <summary>First admitted, the last to be preempted.</summary>
    public Sequence? First { get; private set; }

    public Sequence? Last { get; private set; }

    /// <summary>Tokens of this member's KV, now.</summary>
    public int ComputedOf(Sequence member) => member.Computed + (int)(Steps - member.JoinStep);

    /// <summary>Output tokens of this member, now.</summary>
    public int GeneratedOf(Sequence member) => member.Generated + (int)(Steps - member.JoinStep);

    /// <inheritdoc cref="Instance.Parts"/>
    internal IEnumerable<object> Parts => [_blocksDue, _finishing, _fresh];

    public void Join(Sequence sequence)
    {
        sequence.Status = SequenceStatus.Decoding;
        sequence.JoinStep = Steps;
        sequence.FinishStep = Steps + sequence.TargetTokens - sequence.Generated;
        if (!Speculates) AwaitFinish(sequence);
        if (!Speculates && Grows(sequence.Computed)) _blocksDue[DueSlot(sequence)] += BlocksPerBoundary(sequence.Computed);
        if (!Speculates) AwaitFullWindows(sequence);
        (Count, Changes) = (Count + 1, Changes + 1);
        ContextTokens += sequence.Computed;
        BoundedContextTokens += Math.Min(sequence.Computed + 1L, _boundedContext);
        if (sequence.Computed + 1 < _boundedContext)
        {
            _growing++;
            if (_boundedContext != int.MaxValue && !Speculates) AwaitBound(sequence);
        }

        _fresh.Add(sequence);
        Link(sequence);
    }

    /// <summary>Takes a member out and settles its progress and its blocks.</summary>
    public void Leave(Sequence member)
    {
        if (member.JoinStep == Steps) _fresh.Remove(member);
        else member.LastTokenNs = _advancedNs;
        var computed = ComputedOf(member);
        if (!Speculates && Grows(computed)) _blocksDue[DueSlot(member)] -= BlocksPerBoundary(computed);
        (Count, Changes) = (Count - 1, Changes + 1);
        ContextTokens -= computed;
        BoundedContextTokens -= Math.Min(computed + 1L, _boundedContext);
        if (computed + 1 < _boundedContext) _growing--;
        var held = BlocksFor(member.Computed);
        member.Generated = GeneratedOf(member);
        member.Computed = computed;
        if (_paged) member.PrivateBlocks += BlocksFor(computed) - held;
        member.Status = SequenceStatus.Outside;
        if (member.FinishStep > Steps) member.IsAwaited = true;
        Unlink(member);
    }

    /// <summary>Every member has one more token.</summary>
    public void Advance(long nowNs, ITokenGapSink? gaps)
    {
        if (gaps is not null)
        {
            var settled = Count - _fresh.Count;
            if (settled > 0) gaps.Record(nowNs - _advancedNs, settled);
            foreach (var member in _fresh) gaps.Record(nowNs - member.LastTokenNs, 1);
        }

        _fresh.Clear();
        _advancedNs = nowNs;
        Steps++;
        ContextTokens += Count;
        BoundedContextTokens += _growing;
        if (_nextBound <= Steps) ReachBounds();
        if (_nextFilled <= Steps) FillWindows();
    }

    /// <summary>The next member that has all its tokens, still in the batch; by order of admission.</summary>
    public bool TryTakeFinished(out Sequence finished)
    {
        while (_nextFinish <= Steps && _finishing.TryDequeue(out finished!, out var due))
        {
            _nextFinish = _finishing.TryPeek(out _, out var next) ? next.Step : long.MaxValue;
            if (finished.Status == SequenceStatus.Decoding && finished.AdmissionOrder == due.Order) return true;
        }

        finished = null!;
        return false;
    }

    /// <summary>Tokens of a sequence of this length whose KV is kept: the one that comes next is the last of the bound.</summary>
    public int Kept(int tokens) => _forgets ? Math.Min(tokens, _boundedContext - 1) : tokens;

    /// <summary>Blocks that a sequence of so many tokens holds, over all groups.</summary>
    public int BlocksFor(int tokens)
    {
        var blocks = (Kept(tokens) + _blockSize - 1) / _blockSize;
        foreach (var group in _groups) blocks += (int)group.PagesFor(tokens, _blockSize);
        return blocks;
    }

    private void AwaitFinish(Sequence member)
    {
        _finishing.Enqueue(member, (member.FinishStep, member.AdmissionOrder));
        _nextFinish = Math.Min(_nextFinish, member.FinishStep);
    }

    private void AwaitBound(Sequence member)
    {
        member.IsAwaited = true;
        _bounding.Enqueue(member, (BoundingStep(member), member.AdmissionOrder));
        _nextBound = Math.Min(_nextBound, BoundingStep(member));
    }

    private void ReachBounds()
    {
        while (_bounding.TryPeek(out var member, out var due) && due.Step <= Steps)
        {
            _bounding.Dequeue();
            if (member.Status != SequenceStatus.Decoding || member.AdmissionOrder != due.Order) continue;
            _growing--;
            if (_forgets) _blocksDue[DueSlot(member)]--;
        }

        _nextBound = _bounding.TryPeek(out _, out var next) ? next.Step : long.MaxValue;
    }

    private bool Grows(int computed) => !_forgets || computed + 1 < _boundedContext;

    private int DueSlot(Sequence member)
    {
        var slot = (int)((member.JoinStep - member.Computed) % _blockSize);
        return slot < 0 ? slot + _blockSize : slot;
    }

    private long BoundingStep(Sequence member) => member.JoinStep + _boundedContext - member.Computed - 1;

    private void Link(Sequence sequence)
    {
        // Members join in order of admission except after a preemption or a transfer: look from the end.
        var previous = Last;
        while (previous is not null && previous.AdmissionOrder > sequence.AdmissionOrder) previous = previous.Previous;
        sequence.Previous = previous;
        sequence.Next = previous is null ? First : previous.Next;
        if (sequence.Next is null) Last = sequence;
        else sequence.Next.Previous = sequence;
        if (previous is null) First = sequence;
        else previous.Next = sequence;
    }

    private void Unlink(Sequence member)
    {
        if (member.Previous is null) First = member.Next;
        else member.Previous.Next = member.Next;
        if (member.Next is null) Last = member.Previous;
        else member.Next.Previous = member.Previous;
        member.Previous = member.Next = null;
    }
}

/// <summary>
/// Learns how long after a step that gave a request tokens the next one did, many equal gaps at a time: inter-token latency as vLLM
/// and its benchmark count it, where a drafted step's tokens, which come together, have one gap before them and none between.
/// </summary>
public interface ITokenGapSink
{
    void Record(long gapNs, int count);
}
