using System.Collections.Immutable;
using Cluster.Engine.Units;

namespace Cluster.Engine.Faults;

/// <summary>A fault begins, or passes.</summary>
public readonly record struct FaultChange(long AtNs, Fault Fault, bool Passes);

/// <summary>The faults of a run in the order in which a driver carries them out.</summary>
public static class FaultTimeline
{
    /// <summary>Every beginning and every end, ascending by time; at one moment ends come first, then the order written.</summary>
    public static ImmutableArray<FaultChange> Of(IEnumerable<Fault> faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var changes = new List<FaultChange>();
        foreach (var fault in faults)
        {
            changes.Add(new FaultChange(fault.AtNs, fault, Passes: false));
            if (fault.EndsNs != Time.Never) changes.Add(new FaultChange(fault.EndsNs, fault, Passes: true));
        }

        return [.. changes.OrderBy(c => c.AtNs).ThenByDescending(c => c.Passes)];
    }
}
