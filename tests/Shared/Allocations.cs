namespace Cluster.Testing;

/// <summary>Counts what the calling thread allocates.</summary>
internal static class Allocations
{
    /// <summary>
    /// Bytes that a round allocates: the least of three. What the round itself allocates shows in each; what the runtime does for its own sake,
    /// when it compiles a hot loop again, shows in one.
    /// </summary>
    public static long Of(Action round)
    {
        ArgumentNullException.ThrowIfNull(round);
        var least = long.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
