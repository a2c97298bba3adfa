namespace Cluster.Simulator.Validation;

/// <summary>A row of a fit's sample.</summary>
/// <param name="Weight">Of its TPOT.</param>
/// <param name="ColdStart">Benchmarked without warm-up: its TTFT says nothing of the host.</param>
public readonly record struct FitRow(MeasuredPoint Point, double Weight, bool ColdStart)
{
    public double TtftWeight => ColdStart ? 0 : Weight / 2;
}
