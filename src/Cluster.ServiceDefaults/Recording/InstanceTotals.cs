using System.Runtime.CompilerServices;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>Totals by binding wall, indexed as the enum.</summary>
[InlineArray(8)]
internal struct SecondsByWall
{
    private double _first;
}

/// <summary>Requests by how they ended, indexed as the enum.</summary>
[InlineArray(4)]
internal struct CountByReason
{
    private long _first;
}

/// <summary>Everything observable of one instance, copied whole under its lock.</summary>
internal struct InstanceTotals
{
    public InstanceState State;
    public Rolling Rolling;
    public SecondsByWall WallSeconds;
    public CountByReason Finished;
    public double Flops;
    public double ReadBytes;
    public double WriteBytes;
    public long LateSteps;
    public long Selected;

    public void Add(in StepObservation step, bool late)
    {
        var cost = step.Cost;
        WallSeconds[cost.Wall.Index()] += cost.DurationSeconds;
        Flops += cost.Flops;
        WriteBytes += step.HbmWriteBytes;
        ReadBytes += cost.HbmBytes - step.HbmWriteBytes;
        Rolling.Add(cost.Flops, cost.HbmBytes, cost.DurationSeconds);
        if (late) LateSteps++;
    }

    public void Finish(FinishReason reason) => Finished[(int)reason]++;
}
