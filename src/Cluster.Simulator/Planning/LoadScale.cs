using Cluster.Engine.Requests;

namespace Cluster.Simulator.Planning;

/// <summary>The same requests at another pace.</summary>
public static class LoadScale
{
    /// <summary>Open loops and conversations start <paramref name="factor"/> times as fast; a closed loop has as many times the clients.</summary>
    public static Workload Times(Workload workload, double factor)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        return workload switch
        {
            _ when factor == 1 => workload,
            Workload.OpenLoop open => new Workload.OpenLoop(open.Requests.Select(r => r with { ArrivalNs = (long)(r.ArrivalNs / factor) })),
            Workload.ClosedLoop closed => closed with { Concurrency = Math.Max(1, (int)Math.Round(closed.Concurrency * factor)) },
            Workload.Conversations c => new Workload.Conversations(c.Starts.Select(s => s with { StartNs = (long)(s.StartNs / factor) })),
            _ => throw new ArgumentException($"Unknown workload {workload.GetType().Name}.", nameof(workload)),
        };
    }
}
