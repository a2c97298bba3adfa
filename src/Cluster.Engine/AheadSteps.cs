using System.Numerics;
using Cluster.Engine.Cost;

namespace Cluster.Engine;

/// <summary>What is kept of a step until it begins: one line of the processor's cache.</summary>
internal readonly struct AheadStep
{
    private readonly double _durationSeconds;
    private readonly double _computeSeconds;
    private readonly double _bandwidthSeconds;
    private readonly double _networkSeconds;
    private readonly double _hostSeconds;
    private readonly double _flops;
    private readonly double _hbmBytes;

    /// <summary>Its complement where the cost was extrapolated.</summary>
    private readonly long _dueNs;

    public AheadStep(in StepCost cost, long dueNs)
    {
        (_durationSeconds, _computeSeconds, _bandwidthSeconds) = (cost.DurationSeconds, cost.ComputeSeconds, cost.BandwidthSeconds);
        (_networkSeconds, _hostSeconds, _flops, _hbmBytes) = (cost.NetworkSeconds, cost.HostSeconds, cost.Flops, cost.HbmBytes);
        _dueNs = cost.Extrapolated ? ~dueNs : dueNs;
    }

    public long DueNs => _dueNs < 0 ? ~_dueNs : _dueNs;

    /// <summary>All that a tally counts of it.</summary>
    public StepCost Cost => new(
        _durationSeconds, _computeSeconds, _bandwidthSeconds, _networkSeconds, _hostSeconds, _flops, _hbmBytes, NetworkBytes: 0, _dueNs < 0);
}

/// <summary>
/// Where the instances of one simulation keep what they have priced ahead. Each needs room for a few steps nearly always and for
/// hundreds once in a while: shared, it stays small enough for the processor's cache.
/// </summary>
public sealed class AheadSteps
{
    private readonly Stack<AheadStep[]>[] _spares = [.. Enumerable.Range(0, 32).Select(_ => new Stack<AheadStep[]>())];

    /// <summary>Room for so many steps, at least 1.</summary>
    internal AheadStep[] Take(int steps)
    {
        var length = BitOperations.RoundUpToPowerOf2((uint)steps);
        return _spares[BitOperations.Log2(length)].TryPop(out var spare) ? spare : new AheadStep[length];
    }

    /// <summary>The steps have begun, or never will.</summary>
    internal void Return(AheadStep[] room) => _spares[BitOperations.Log2((uint)room.Length)].Push(room);
}
