using Cluster.Engine;
using Cluster.Engine.Faults;
using Cluster.Engine.Requests;
using Cluster.Engine.Routing;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator;

/// <summary>Looks on while a simulation runs: progress bars, timelines, checks. Must not change what it sees.</summary>
public interface ISimulationObserver
{
    /// <summary>An instance began a step; its <see cref="Instance.State"/> is that of the step's start.</summary>
    void StepBegan(int index, Instance instance, in Step step);

    /// <summary>Whether <see cref="StepBegan"/> is called for each step, instead of for those alone that are not repetitions of the one before.</summary>
    bool WantsEveryStep => true;

    /// <summary>Whether decisions should carry every candidate's cost.</summary>
    bool LogsDecisions => false;

    /// <summary>The router placed a request.</summary>
    void Placed(RequestSpec request, RoutingDecision decision)
    {
    }

    /// <summary>A fault began or passed.</summary>
    void Struck(in FaultChange change)
    {
    }

    /// <summary>A request reached its terminal state.</summary>
    void Ended(in RequestRecord record);
}
