namespace Cluster.Simulator.Lessons;

/// <summary>A claim about serving, and how to try it.</summary>
/// <param name="Name">As written on the command line, e.g. <c>prefix-sharing</c>.</param>
/// <param name="Claim">What is said to hold, in one sentence.</param>
/// <param name="Topic">memory, compute, runtime, parallelism or cluster.</param>
/// <param name="Try">Runs or prices both sides and judges.</param>
public sealed record Lesson(string Name, string Topic, string Claim, Func<LessonBench, LessonOutcome> Try);

/// <summary>What came of it.</summary>
/// <param name="Holds">False: contradicted here, for the reason that the figures give.</param>
/// <param name="Figures">Both sides, with units.</param>
public sealed record LessonOutcome(bool Holds, string Figures)
{
    /// <summary>Why a claim that does not hold does not; null when it holds.</summary>
    public string? Reason { get; init; }

    /// <summary>Holds or not, with a reason for the second case.</summary>
    public static LessonOutcome Of(bool holds, FormattableString figures, string reasonOtherwise) =>
        new(holds, FormattableString.Invariant(figures)) { Reason = holds ? null : reasonOtherwise };
}

/// <summary>A lesson after its trial.</summary>
public sealed record LessonResult(Lesson Lesson, LessonOutcome Outcome);
