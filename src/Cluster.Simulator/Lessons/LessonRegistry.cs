using Cluster.Simulator.Sweeping;

namespace Cluster.Simulator.Lessons;

/// <summary>The lessons there are, by topic.</summary>
public static class LessonRegistry
{
    public static IReadOnlyList<Lesson> All { get; } =
        [.. WeightLessons.All, .. CacheLessons.All, .. ModelLessons.All, .. SpeculationLessons.All, .. RuntimeLessons.All, .. ParallelismLessons.All, .. ClusterLessons.All];

    /// <summary>Tries lessons, in their order.</summary>
    /// <param name="degree">So many at a time. Results do not depend on it.</param>
    public static IReadOnlyList<LessonResult> Try(
        IReadOnlyList<Lesson> lessons, LessonBench bench, int degree = 1, Action? stepped = null, CancellationToken cancellation = default) =>
        ParallelMap.Run(lessons, degree, l => new LessonResult(l, l.Try(bench)), (_, _) => stepped?.Invoke(), cancellation);
}
