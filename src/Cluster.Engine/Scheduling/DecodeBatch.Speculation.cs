using Cluster.Engine.Requests;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// Speculative decoding: a step verifies drafts, and members advance by what each has accepted. Members then differ, so a
/// step costs time per member; without drafts nothing here runs.
/// </summary>
public sealed partial class DecodeBatch
{
    private readonly DraftAcceptance? _drafts;

    /// <summary>Whether steps verify drafts, so that members advance by different counts.</summary>
    public bool Speculates => _drafts is not null;

    /// <summary>Tokens that the next step computes per member: 1, or 1 + K where K drafts are verified.</summary>
    public int TokensPerMember { get; private set; } = 1;

    /// <summary>Blocks that the next step may fill for this member: those are reserved before it begins.</summary>
    public int BlocksDueOf(Sequence member)
    {
        if (!_paged) return 0;
        var computed = ComputedOf(member);
        if (_drafts is null) return DueSlot(member) == Steps % _blockSize && Grows(computed) ? BlocksPerBoundary(computed) : 0;
        return BlocksFor(computed + LookaheadOf(member)) - BlocksFor(computed);
    }

    /// <summary>Drafts no more than the step's budget can verify.</summary>
    internal void LimitDrafts(int budgetTokens) =>
        TokensPerMember = _drafts is null || Count == 0 ? 1 : 1 + Math.Clamp((budgetTokens / Count) - 1, 0, _drafts.DraftTokens);

    /// <summary>Every member has one more token, and those that it accepted of its drafts.</summary>
    /// <param name="tokens">Told how many each got; null where nobody asks.</param>
    /// <returns>Blocks reserved for drafts that were rejected.</returns>
    internal long AdvanceSpeculating(long nowNs, ITokenGapSink? gaps, List<TokenEmission>? tokens, InstanceCounters counters)
    {
        var unused = 0L;
        for (var member = First; member is not null; member = member.Next)
        {
            var (computed, reserved, drafts) = (ComputedOf(member), BlocksDueOf(member), LookaheadOf(member) - 1);
            var accepted = _drafts!.Accepted(member.Id, member.Request.InputTokens + GeneratedOf(member), drafts);
            unused += reserved - (_paged ? BlocksFor(computed + 1 + accepted) - BlocksFor(computed) : 0);
            member.AcceptedThisStep = accepted;
            counters.GenerationTokens += 1 + accepted;
            counters.Drafts += TokensPerMember > 1 ? 1 : 0;
            counters.DraftTokens += drafts;
            counters.AcceptedDraftTokens += accepted;
            tokens?.Add(new TokenEmission(member, 1 + accepted));
        }

        Advance(nowNs, gaps);
        Recount();
        return unused;
    }

    /// <summary>A member starts so many tokens earlier: that is how far ahead of the others its accepted drafts brought it.</summary>
    private void Recount()
    {
        ContextTokens = BoundedContextTokens = 0;
        _growing = 0;
        for (var member = First; member is not null; member = member.Next)
        {
            member.JoinStep -= member.AcceptedThisStep;
            member.FinishStep -= member.AcceptedThisStep;
            if (member.FinishStep <= Steps) AwaitFinish(member);
            var computed = ComputedOf(member);
            ContextTokens += computed;
            BoundedContextTokens += Math.Min(computed + 1L, _boundedContext);
            if (computed + 1 < _boundedContext) _growing++;
        }
    }

    private int SpeculativeBlocksDue()
    {
        var blocks = 0;
        for (var member = First; member is not null; member = member.Next) blocks += BlocksDueOf(member);
        return blocks;
    }

    private int LookaheadOf(Sequence member) => Math.Min(TokensPerMember, member.TargetTokens - GeneratedOf(member));
}
