namespace Cluster.Engine.Topology;

/// <summary>
/// How the ranks of one instance fall into groups that step together: each pipeline stage, and within it the ranks that
/// share a scale-up domain. A group is what can sit on a host of its own.
/// </summary>
/// <param name="Groups">At least 1.</param>
/// <param name="RanksPerGroup">Ranks of each group; the last of a stage may have fewer.</param>
/// <param name="Ranks">GPUs of the instance.</param>
public sealed record RankLayout(int Groups, int RanksPerGroup, int Ranks)
{
    public static RankLayout Of(InstanceSpec instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        var parallelism = instance.Deployment.Parallelism;
        var perStage = parallelism.Gpus / parallelism.Pp;
        var perGroup = Math.Clamp(instance.Deployment.Gpu.GpusPerDomain, 1, perStage);
        var groupsPerStage = (perStage + perGroup - 1) / perGroup;
        return new RankLayout(parallelism.Pp * groupsPerStage, perGroup, parallelism.Gpus);
    }

    /// <summary>Group of a rank; ranks are numbered stage by stage.</summary>
    public int GroupOf(int rank)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, Ranks);
        return Math.Min(rank / RanksPerGroup, Groups - 1);
    }
}
