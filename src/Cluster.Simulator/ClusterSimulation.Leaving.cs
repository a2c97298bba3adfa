using Cluster.Engine.Requests;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator;

/// <summary>How a request leaves the cluster, wherever it is: its client gone, or at its end.</summary>
public sealed partial class ClusterSimulation
{
    /// <summary>The client went away: wherever its request is, it leaves; inside a step when that ends.</summary>
    private void Abort(Flight flight)
    {
        flight.ClientIsGone = true;
        if (flight.Placement is not { } decision || flight.Prefill is null)
        {
            End(flight, RequestOutcome.Aborted);
            return;
        }

        AbortAt(decision.DecodeInstance, flight.Decode);
        AbortAt(decision.PrefillInstance, flight.Prefill);
    }

    private void AbortAt(int instance, Sequence? sequence)
    {
        if (sequence is null || sequence.Status == SequenceStatus.Outside) return;
        _instances[instance].Abort(sequence, _nowNs);
        Touch(instance);
    }

    /// <summary>Whatever an ended request still has anywhere goes: KV held at its source, transfers under way.</summary>
    private void Leave(Flight flight)
    {
        CancelTransfers(flight);
        if (flight.Placement is not { } decision) return;
        if (flight.Prefill?.Status == SequenceStatus.Held)
        {
            _instances[decision.PrefillInstance].ReleaseHeld(flight.Prefill, _nowNs);
            Touch(decision.PrefillInstance);
        }
        else
        {
            AbortAt(decision.PrefillInstance, flight.Prefill);
        }

        AbortAt(decision.DecodeInstance, flight.Decode);
    }
}
