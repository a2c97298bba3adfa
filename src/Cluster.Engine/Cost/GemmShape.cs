using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>A weight matrix as one rank multiplies it: output columns <paramref name="N"/>, inner size <paramref name="K"/>, so many per step.</summary>
internal readonly record struct GemmShape(int N, int K, NumberFormat Format, double Count)
{
    /// <summary>A shared expert's: engines compute small batches of it on a second stream, behind the routed experts, where it takes no time of its own.</summary>
    public bool IsBesideExperts { get; init; }
}
