using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator;

/// <summary>Keeps every decision of a run with its candidates' costs and its regret against the <see cref="Oracle"/>.</summary>
public sealed class RegretObserver : ISimulationObserver
{
    /// <summary>Regret of every placement, in order, in nanoseconds of TTFT; at least 0.</summary>
    public IEnumerable<long> RegretsNs => Decisions.Select(d => d.Oracle!.Value.RegretNs);

    public bool WantsEveryStep => false;

    public bool LogsDecisions => true;

    /// <summary>All decisions, in order.</summary>
    public List<RoutingDecision> Decisions { get; } = [];

    public void Placed(RequestSpec request, RoutingDecision decision) => Decisions.Add(decision);

    public void StepBegan(int index, Instance instance, in Step step)
    {
    }

    public void Ended(in RequestRecord record)
    {
    }
}
