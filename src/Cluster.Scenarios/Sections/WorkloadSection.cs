using System.Collections.Immutable;

namespace Cluster.Scenarios.Sections;

/// <summary>What clients ask for and when. Bodies come from a trace or are drawn; arrivals are the trace's, drawn, or a closed loop's.</summary>
public sealed record WorkloadSection
{
    /// <summary>Requests from a file; null when they are drawn.</summary>
    public TraceSection? Trace { get; init; }

    /// <summary>Requests drawn from distributions; null when they come from a file.</summary>
    public SyntheticSection? Synthetic { get; init; }

    /// <summary>Conversations or agent runs; null when requests stand alone.</summary>
    public SessionSection? Sessions { get; init; }

    /// <summary>Kinds of requests and their shares; empty: all alike.</summary>
    public ImmutableArray<ClassSection> Classes { get; init; } = [];

    /// <summary>How arrivals are spaced; null: the trace's own times, or Poisson for drawn requests.</summary>
    public ArrivalSection? Arrivals { get; init; }

    /// <summary>Mean arrivals per second, of sessions where there are any. A trace is stretched to it; null: the trace's own rate.</summary>
    public RateSection? Rate { get; init; }

    /// <summary>Closed loop: so many clients, each sending when its last request ended; null: open loop.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Stop after so many requests, turns counted one by one; null: the trace's end.</summary>
    public long? Requests { get; init; }

    /// <summary>Stop when arrivals pass this time; null: no limit.</summary>
    public long? DurationNs { get; init; }
}

/// <summary>A kind of request: each request, or each session, is of one, drawn by share.</summary>
/// <param name="Share">Weight against the other kinds; above 0.</param>
/// <param name="Priority">Smaller runs first where the engine orders by priority; default 0.</param>
/// <param name="Model">Model asked for; null in a cluster that serves one.</param>
public sealed record ClassSection(string Name, double Share, int Priority = 0, string? Model = null);

/// <summary>Processes by which requests arrive.</summary>
public enum ArrivalProcess
{
    Constant,
    Poisson,
    Gamma,
}

/// <summary>How arrivals are spaced around their rate.</summary>
/// <param name="Cv">Standard deviation ÷ mean of the gaps, for gamma: above 1 is burstier than Poisson.</param>
public sealed record ArrivalSection(ArrivalProcess Process, double Cv = 1);

/// <summary>Shapes of a rate over time.</summary>
public enum RateShape
{
    Constant,
    Ramp,
    Square,
}

/// <summary>Arrivals per second over time.</summary>
/// <param name="PerSecond">The rate; of a ramp its start, of a square wave its low.</param>
/// <param name="ToPerSecond">Of a ramp its end, of a square wave its high.</param>
/// <param name="PeriodNs">Of a ramp its length, of a square wave one low and one high.</param>
/// <param name="Duty">Share of the period that a square wave is high.</param>
public sealed record RateSection(RateShape Shape, double PerSecond, double ToPerSecond = 0, long PeriodNs = 0, double Duty = 0.5);
