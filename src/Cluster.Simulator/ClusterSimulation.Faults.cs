using System.Collections.Immutable;
using Cluster.Engine.Faults;
using Cluster.Engine.Requests;
using Cluster.Engine.Units;
using Cluster.Simulator.Events;
using Cluster.Simulator.Recording;

namespace Cluster.Simulator;

/// <summary>What goes wrong in virtual time, and how requests get over it.</summary>
public sealed partial class ClusterSimulation
{
    private readonly ImmutableArray<FaultChange> _faults;
    private readonly int[] _closings;
    private readonly Dictionary<long, Flight> _reading = [];
    private RandomStream? _faultDraws;
    private RandomStream? _readerDraws;

    private void ScheduleFaults()
    {
        for (var i = 0; i < _faults.Length; i++) _events.Schedule(_faults[i].AtNs, EventKind.Fault, i);
    }

    private void Strike(FaultChange change)
    {
        // What happened in this moment before the fault has happened.
        foreach (var instance in _instances.All) CarryOut(instance);
        switch (change.Fault)
        {
            case InstanceCrash crash when change.Passes: Open(crash.Instance); break;
            case InstanceCrash crash: Crash(crash.Instance); break;
            case InstanceDrain drain when change.Passes: Open(drain.Instance); break;
            case InstanceDrain drain: Close(drain.Instance, forget: false); break;
            case InstanceResize resize: Resize(resize); break;
            case StragglerRank slow: SetSlowdown(slow.Instance); break;
            case LinkDegradation link: Degrade(link.Instance); break;
            case StoreDegradation: DegradeStores(); break;
            case KvExpiry expiry: ExpireAllHeldAt(expiry.Instance); break;
            case RouterRestart: _router.Restart(); break;
            case SlowClients: break; // felt by those that come
            case ClientDisconnect disconnect: Disconnect(disconnect); break;
            default: throw new InvalidOperationException($"Unknown fault {change.Fault.GetType().Name}.");
        }

        Log((ulong)_nowNs, (ulong)(change.Passes ? 2 : 1));
        _observer?.Struck(in change);
    }

    private void Crash(int index)
    {
        Close(index, forget: true);
        Lose(index);
    }

    /// <summary>All that the instance has is lost; its requests go on elsewhere.</summary>
    private void Lose(int index)
    {
        _instances.Crash(index);
        foreach (var flight in FlightsAt(index))
        {
            if (flight.Placement is { } placement && placement.PrefillInstance != index && placement.DecodeInstance != index) ComputeWithoutCopy(flight);
            else Reroute(flight);
        }

        Touch(index);
    }

    /// <summary>Requests that lose something with this instance, in order of arrival.</summary>
    private List<Flight> FlightsAt(int index)
    {
        var lost = new List<Flight>();
        foreach (var flight in _flights.Values)
        {
            if (flight.Placement is not { } decision) continue;
            // Once its KV is at the decode instance, or given up for lost, a request needs nothing of its prefill instance.
            var needsPrefill = flight.Decode is null or { Status: SequenceStatus.Reserving or SequenceStatus.Receiving };
            if (decision.DecodeInstance == index || (decision.PrefillInstance == index && needsPrefill)
                || (decision.CopySource == index && flight.Prefill is null))
                lost.Add(flight);
        }

        lost.Sort((a, b) => a.Request.Id.CompareTo(b.Request.Id));
        return lost;
    }

    private void ComputeWithoutCopy(Flight flight)
    {
        CancelTransfers(flight);
        // Unless the copy ended in this very moment.
        if (flight.Prefill is null) EnqueuePrefill(flight);
    }

    /// <summary>The request is placed anew, with the tokens that its client has as part of its prompt.</summary>
    private void Reroute(Flight flight)
    {
        if (flight.ClientIsGone)
        {
            End(flight, RequestOutcome.Aborted);
            return;
        }

        CancelTransfers(flight);
        var (prefill, decode, decision) = (flight.Prefill, flight.Decode, flight.Placement!.Value);
        var visible = flight.VisibleTokens;
        flight.CarryOver();
        if (prefill?.Status == SequenceStatus.Held) _instances[decision.PrefillInstance].ReleaseHeld(prefill, _nowNs);
        AbortAt(decision.PrefillInstance, prefill);
        AbortAt(decision.DecodeInstance, decode);
        // What it gave back may let another in.
        Touch(decision.PrefillInstance);
        _router.Withdraw(flight.Request.Id);
        _oracle?.PrefillEnded(flight.Request.Id);
        Log((ulong)flight.Request.Id, (ulong)visible);
        if (_cluster.Router.DecisionNs == 0) Place(flight);
        else _events.Schedule(_nowNs + _cluster.Router.DecisionNs, EventKind.Routed, flight.Request.Id);
    }

    private void Close(int index, bool forget)
    {
        _closings[index]++;
        _router.Close(index, forget, _nowNs);
    }

    /// <summary>Faults may overlap: the instance opens when the last of them has passed.</summary>
    private void Open(int index)
    {
        if (--_closings[index] == 0) _router.Open(index);
    }

    private void SetSlowdown(int index)
    {
        double slowdown = 1;
        foreach (var change in Lasting<StragglerRank>(index)) slowdown *= change.Factor;
        _instances[index].Slowdown = slowdown;
    }

    private void Degrade(int index)
    {
        double factor = 1;
        foreach (var change in Lasting<LinkDegradation>(index)) factor *= change.Factor;
        _desk?.Degrade(index, factor, _nowNs);
        Deliver();
    }

    private void DegradeStores()
    {
        double factor = 1;
        foreach (var change in Lasting<StoreDegradation>()) factor *= change.Factor;
        foreach (var index in _stores.Advance(_nowNs)) Touch(index);
        // What an instance did ahead of this moment is taken back before it loses what it waits for.
        for (var i = 0; i < _cluster.Instances.Length; i++)
            if (_stores[i] is not null) _instances.BringToPresent(i);
        foreach (var index in _stores.Degrade(factor, _nowNs)) Touch(index);
    }

    /// <summary>Faults of this kind that hold at this moment.</summary>
    private IEnumerable<T> Lasting<T>(int index)
        where T : InstanceFault => Lasting<T>().Where(fault => fault.Instance == index);

    private IEnumerable<T> Lasting<T>()
        where T : Fault =>
        _faults.Where(c => !c.Passes && c.Fault is T fault && fault.AtNs <= _nowNs && fault.EndsNs > _nowNs).Select(c => (T)c.Fault);

    private void ExpireAllHeldAt(int index)
    {
        _desk?.ExpireAll(index, _nowNs);
        Deliver();
    }

    /// <summary>Tokens per second that a client which comes now will read; null: as they come. Of several faults the slowest counts.</summary>
    private double? DrawReadingSpeed()
    {
        double? slowest = null;
        foreach (var change in _faults)
        {
            if (change.Passes || change.Fault is not SlowClients slow || slow.AtNs > _nowNs || slow.EndsNs <= _nowNs) continue;
            _readerDraws ??= new RandomStream(_cluster.Seed, "slow-clients");
            if (_readerDraws.NextDouble() < slow.Share) slowest = Math.Min(slowest ?? double.MaxValue, slow.TokensPerSecond);
        }

        return slowest;
    }

    /// <summary>All tokens are made. A slow client still has some to read: its request ends then, and holds nothing until then.</summary>
    private void Finish(Flight flight)
    {
        var readNs = flight.ReadsPerSecond is { } speed ? SlowClients.ReadNs(flight.Timeline.FirstTokenNs, _nowNs, flight.VisibleTokens, speed) : _nowNs;
        Settle(flight);
        if (readNs == _nowNs)
        {
            Write(flight, RequestOutcome.Completed);
            return;
        }

        _reading.Add(flight.Request.Id, flight);
        _events.Schedule(readNs, EventKind.Read, flight.Request.Id);
    }

    private void Disconnect(ClientDisconnect fault)
    {
        _faultDraws ??= new RandomStream(_cluster.Seed, "faults");
        foreach (var flight in _flights.Values.Concat(_reading.Values).OrderBy(f => f.Request.Id).ToList())
        {
            if (_faultDraws.NextDouble() >= fault.Share) continue;
            if (_reading.Remove(flight.Request.Id)) Write(flight, RequestOutcome.Aborted);
            else Abort(flight);
        }
    }
}
