namespace Cluster.Engine.Cost;

/// <summary>How much more than its share the hottest expert-parallel rank gets.</summary>
internal static class RoutingSkew
{
    /// <summary>
    /// Experts' popularity falls as rank^(−exponent ÷ 4), dealt to ranks in turn; redundant copies of the hottest halve their load.
    /// </summary>
    /// <returns>Hottest rank's load ÷ mean load, at least 1.</returns>
    public static double HottestRank(int experts, int ranks, double exponent, int redundant)
    {
        if (exponent <= 0 || ranks <= 1) return 1;
        double total = 0, hottest = 0;
        for (var i = 0; i < experts; i++)
        {
            var load = Math.Pow(i + 1, -exponent / 4);
            total += load;
            if (i % ranks == 0) hottest += i < redundant ? load / 2 : load;
        }

        return Math.Max(1, hottest * ranks / total);
    }
}
