namespace Cluster.Engine.Cost;

/// <summary>
/// What chance gives the busiest of ranks that share experts, where each expert is as likely as any other. All ranks meet in the next collective, so the slowest decides. A rank's
/// part is a sum over many tokens, nearly normal: the busiest is as many standard deviations above the mean as the largest of so many normals. Nothing here is fitted; for a
/// handful of tokens, whose counts are skewed, it is up to a tenth low.
/// </summary>
public static partial class Kernels
{
    /// <summary>Mean of the largest of 1, 2, 4 … 256 standard normals.</summary>
    private static readonly double[] s_largest = [0, 0.564, 1.029, 1.424, 1.766, 2.070, 2.344, 2.594, 2.825];

    /// <summary>Choices that fall on the busiest rank's experts, over the mean rank's.</summary>
    /// <param name="tokens">Of all ranks together.</param>
    /// <param name="active">Experts that each token chooses.</param>
    public static double BusiestRankLoad(double tokens, double active, double ranks) =>
        ranks <= 1 ? 1 : 1 + (LargestOf(ranks) * Math.Sqrt((ranks - 1) / (tokens * active)));

    /// <summary>How many experts of the rank with most of them some token chooses.</summary>
    /// <param name="tokens">Of all ranks together, each of which chooses <paramref name="active"/> of <paramref name="experts"/>.</param>
    public static double BusiestRankExperts(double tokens, double experts, double active, double ranks)
    {
        var local = experts / ranks;
        var chosen = 1 - Math.Pow(1 - (active / experts), tokens);
        return Math.Min(local, (local * chosen) + (LargestOf(ranks) * Math.Sqrt(local * chosen * (1 - chosen) * (1 - (1 / ranks)))));
    }

    /// <summary>By how many standard deviations the largest of so many is above the mean.</summary>
    private static double LargestOf(double ranks)
    {
        var doublings = Math.Clamp(Math.Log2(ranks), 0, s_largest.Length - 1);
        var below = (int)Math.Min(doublings, s_largest.Length - 2);
        return s_largest[below] + ((doublings - below) * (s_largest[below + 1] - s_largest[below]));
    }
}
