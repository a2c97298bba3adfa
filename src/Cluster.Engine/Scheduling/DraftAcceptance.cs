using Cluster.Engine.Cost;
using Cluster.Engine.Units;

namespace Cluster.Engine.Scheduling;

/// <summary>
/// Which drafted tokens the target model accepts: each with probability α, up to the first that it does not. A token's luck
/// follows from the seed, its request and its position alone, so that another schedule, or another instance, meets the same
/// luck and comparisons are paired. Source: arXiv:2211.17192, the i.i.d. model behind its equation 1.
/// </summary>
public sealed class DraftAcceptance
{
    private readonly ulong _seed;
    private readonly double _acceptanceRate;

    public DraftAcceptance(SpeculativeDecoding speculation, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(speculation);
        DraftTokens = speculation.DraftTokens;
        _acceptanceRate = speculation.AcceptanceRate;
        _seed = Hashing.Mix(seed, 0x5BEC_DEC0_DE00_0001UL);
    }

    /// <summary>K: tokens drafted per pass.</summary>
    public int DraftTokens { get; }

    /// <summary>How many of the next <paramref name="drafts"/> tokens are accepted.</summary>
    /// <param name="position">Tokens of the request known so far, prompt included.</param>
    public int Accepted(long requestId, int position, int drafts)
    {
        var accepted = 0;
        var request = Hashing.Mix(_seed, (ulong)requestId);
        while (accepted < drafts && Uniform(Hashing.Mix(request, (ulong)(position + accepted))) < _acceptanceRate) accepted++;
        return accepted;
    }

    private static double Uniform(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));
}
