using Cluster.Engine.Autoscaling;
using Cluster.Engine.Units;
using Cluster.Simulator.Events;

namespace Cluster.Simulator;

/// <summary>How pools grow and shrink in virtual time: the planner decides, instances take their time to start and to drain.</summary>
public sealed partial class ClusterSimulation
{
    private readonly Planner? _planner;
    private readonly List<ScaleAction> _scaleActions = [];
    private readonly long[] _onNs;
    private readonly long[] _onSinceNs;
    private readonly int[] _startups;

    private void BeginAutoscaling()
    {
        if (_planner is null) return;
        for (var i = 0; i < _onSinceNs.Length; i++)
        {
            if (_planner.Fleet[i] != InstancePower.Off) continue;
            _onSinceNs[i] = Time.Unset;
            Close(i, forget: false);
        }

        _events.Schedule(_cluster.Autoscale!.LoadIntervalNs, EventKind.Plan, 0);
    }

    private void Plan()
    {
        if (_flights.Count == 0 && _arrivals.NextNs == Time.Never) return;
        TurnOffEmptied();
        // Who waits for a first token beyond the objective has missed it, though nobody has measured that yet.
        if (_cluster.Slo.TtftNs is { } objectiveNs)
            foreach (var flight in _flights.Values)
                if (flight.Timeline.FirstTokenNs == Time.Unset && _nowNs - flight.Timeline.ArrivedNs > objectiveNs) _planner!.FirstToken(_nowNs - flight.Timeline.ArrivedNs);
        foreach (var action in _planner!.Tick(_nowNs, index => FlightsAt(index).Count)) CarryOut(in action);
        _events.Schedule(_nowNs + _cluster.Autoscale!.LoadIntervalNs, EventKind.Plan, 0);
    }

    private void CarryOut(in ScaleAction action)
    {
        _scaleActions.Add(action);
        Log((ulong)action.Instance, (ulong)action.Step);
        switch (action.Step)
        {
            case ScaleStep.Provision:
                _onSinceNs[action.Instance] = _nowNs;
                _events.Schedule(_nowNs + _cluster.Autoscale!.ProvisioningNs, EventKind.Provisioned, ((long)++_startups[action.Instance] << 32) | (uint)action.Instance);
                break;
            case ScaleStep.Reopen: Open(action.Instance); break;
            case ScaleStep.Drain: Close(action.Instance, forget: false); break;
            case ScaleStep.Cancel: TurnOff(action.Instance); break;
            default: throw new InvalidOperationException($"Unknown step {action.Step}.");
        }
    }

    private void Provisioned(long target)
    {
        var index = (int)target;
        // Given up meanwhile, and perhaps begun anew.
        if (_startups[index] == target >> 32 && _planner!.Fleet.Started(index)) Open(index);
    }

    private void TurnOffEmptied()
    {
        for (var i = 0; i < _onSinceNs.Length; i++)
        {
            if (_planner!.Fleet[i] != InstancePower.Draining || FlightsAt(i).Count > 0) continue;
            _planner.Fleet.Emptied(i);
            // Its cache goes with it.
            _instances.Crash(i);
            _router.Close(i, forget: true, _nowNs);
            TurnOff(i);
        }
    }

    private void TurnOff(int index)
    {
        _onNs[index] += _nowNs - _onSinceNs[index];
        _onSinceNs[index] = Time.Unset;
    }

    /// <summary>Share of the run in which an instance was paid for.</summary>
    private double OnShare(int index)
    {
        if (_planner is null || _nowNs == 0) return 1;
        return (_onNs[index] + (_onSinceNs[index] == Time.Unset ? 0 : _nowNs - _onSinceNs[index])) / (double)_nowNs;
    }
}
