using Cluster.Engine;
using Cluster.Engine.Faults;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator;

/// <summary>Two that look on at one run, each seeing all of it; a run keeps the wishes of both.</summary>
public sealed class ObserverPair(ISimulationObserver first, ISimulationObserver second) : ISimulationObserver
{
    public bool WantsEveryStep => first.WantsEveryStep || second.WantsEveryStep;

    public bool LogsDecisions => first.LogsDecisions || second.LogsDecisions;

    public void StepBegan(int index, Instance instance, in Step step)
    {
        first.StepBegan(index, instance, in step);
        second.StepBegan(index, instance, in step);
    }

    public void Placed(RequestSpec request, RoutingDecision decision)
    {
        first.Placed(request, decision);
        second.Placed(request, decision);
    }

    public void Struck(in FaultChange change)
    {
        first.Struck(in change);
        second.Struck(in change);
    }

    public void Ended(in RequestRecord record)
    {
        first.Ended(in record);
        second.Ended(in record);
    }
}
