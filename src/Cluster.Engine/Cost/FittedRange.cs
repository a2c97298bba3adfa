namespace Cluster.Engine.Cost;

/// <summary>Largest sizes in the kernel tables that the curves were fitted on. Beyond them a price is an extrapolation, and says so.</summary>
public static class FittedRange
{
    /// <summary>Rows of a GEMM.</summary>
    public const long GemmRows = 32_768;

    /// <summary>Tokens that go to experts in one step.</summary>
    public const long ExpertTokens = 16_384;

    /// <summary>Context that prompt tokens of one sequence see.</summary>
    public const long PrefillContext = 16_384;

    /// <summary>Context of one decoding sequence.</summary>
    public const long DecodeContext = 131_072;

    /// <summary>True when a step of one attention replica, with all replicas' tokens at the experts, leaves the tables.</summary>
    public static bool IsBeyond(in StepShape replica, long allTokens, bool hasExperts) =>
        replica.TotalTokens > GemmRows
        || (hasExperts && allTokens > ExpertTokens)
        || replica.PrefillContextTokens > PrefillContext * Math.Max(1L, replica.PrefillSequences)
        || replica.DecodeContextTokens > DecodeContext * Math.Max(1L, replica.DecodeSequences);
}
