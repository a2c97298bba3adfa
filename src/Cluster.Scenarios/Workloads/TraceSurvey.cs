using Cluster.Scenarios.Sections;

namespace Cluster.Scenarios.Workloads;

/// <summary>What a trace holds, learnt by reading once what the workload will use.</summary>
/// <param name="Requests">Requests inside the window and the count asked for.</param>
/// <param name="SpanNs">From the first to the last of them.</param>
/// <param name="LongestTokens">Most input plus output tokens of one request.</param>
/// <param name="Complete">False when the trace was too long to read to its end.</param>
public sealed record TraceSurvey(long Requests, long SpanNs, long LongestTokens, bool Complete)
{
    /// <summary>Lines read ahead of a run when the rate does not need them all; the rest is checked as it streams.</summary>
    public const int LinesReadAhead = 200_000;

    /// <exception cref="TraceException">A broken line.</exception>
    public static TraceSurvey Of(WorkloadSection workload)
    {
        ArgumentNullException.ThrowIfNull(workload);
        var most = Math.Min(workload.Requests ?? long.MaxValue, workload.Rate is null ? LinesReadAhead : long.MaxValue);
        long count = 0, first = 0, last = 0, longest = 0;
        foreach (var record in WorkloadSource.Selected(workload.Trace ?? throw new ArgumentException("The workload has no trace.", nameof(workload))))
        {
            if (count++ == 0) first = record.ArrivalNs;
            last = record.ArrivalNs;
            longest = Math.Max(longest, (long)record.InputTokens + record.OutputTokens);
            if (count == most) return new TraceSurvey(count, last - first, longest, workload.Requests == most);
        }

        return new TraceSurvey(count, last - first, longest, Complete: true);
    }

    /// <summary>Factor on the trace's times so that its mean rate becomes <paramref name="perSecond"/>.</summary>
    public double Stretch(double perSecond) => (Requests - 1) / (perSecond * (SpanNs / 1e9));
}
