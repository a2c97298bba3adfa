using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;
using Cluster.Simulator.Events;

namespace Cluster.Simulator;

/// <summary>How KV gets from prefill to decode instances in virtual time.</summary>
public sealed partial class ClusterSimulation
{
    private readonly Dictionary<long, Flight> _transfers = [];
    private readonly Queue<(long DeadlineNs, long Id, Sequence Held)> _expiries = new();
    private long _scheduledTransferNs = Time.Never;
    private long _scheduledStoresNs = Time.Never;
    private bool _expiryScheduled;

    /// <summary>Before its prefill, a request waits for the prefix that another instance has.</summary>
    private void StartCopy(Flight flight)
    {
        var decision = flight.Placement!.Value;
        if (_portFactors[decision.CopySource] * _portFactors[decision.PrefillInstance] == 0)
        {
            EnqueuePrefill(flight);
            return;
        }

        var source = _cluster.Instances[decision.CopySource];
        var tokens = decision.CopyTokens - decision.OverlapBlocks * _cluster.Instances[0].Kv.BlockSize;
        var id = _links!.Start(decision.CopySource, decision.PrefillInstance, TransferPlan.Bytes(_cluster.Transfer, source, tokens, tokens), _nowNs);
        flight.Transfers.Add(id);
        _transfers.Add(id, flight);
        ScheduleTransfer();
    }

    private void EndCopy(Flight flight)
    {
        var placement = flight.Placement!.Value;
        _instances[placement.PrefillInstance].AdoptPrefix(flight.Leg, placement.CopyTokens);
        EnqueuePrefill(flight);
    }

    /// <summary>Prefill is done: what has not left yet may leave now.</summary>
    private void HandOver(Flight flight)
    {
        // Gone in the same moment.
        if (flight.Prefill!.Status != SequenceStatus.Held) return;
        PrefillEnded(flight);
        if (flight.Decode is null) Announce(flight);
        flight.HandOver!.PrefillEnded();
        Send(flight);
        _expiries.Enqueue((_nowNs + _cluster.Transfer.ExpiryNs, flight.Request.Id, flight.Prefill));
        ScheduleExpiry();
    }

    /// <summary>With overlap, hand-overs begin while prompts are still computed.</summary>
    private void SendLayers(Instance instance)
    {
        foreach (var (sequence, tokens) in instance.Chunks)
        {
            if (sequence.TargetTokens >= sequence.Request.OutputTokens) continue;
            var flight = _flights[sequence.Id];
            if (flight.Decode is null) Announce(flight);
            flight.HandOver!.Computing(sequence.Computed, tokens);
            Send(flight);
        }
    }

    /// <summary>The decode instance learns of a request whose KV will come.</summary>
    private void Announce(Flight flight)
    {
        var (prefill, decode, _, _, _) = flight.Placement!.Value;
        flight.HandOver = new HandOver(_cluster.Transfer, _cluster.Instances[prefill], _cluster.Instances[decode], flight.Leg.InputTokens);
        _instances[decode].EnqueueRemote(flight.BeginDecode(), _nowNs);
        Touch(decode);
    }

    private void Reserved(Flight flight, int missingTokens)
    {
        if (flight.Decode!.Status != SequenceStatus.Receiving) return;
        flight.HandOver!.Reserved(missingTokens);
        Send(flight);
    }

    private void Send(Flight flight)
    {
        if (flight.HandOver is not { } handOver) return;
        if (handOver.TrySend(_cluster.Link!.SetupSeconds, out var bytes, out var setupSeconds))
        {
            var (prefill, decode, _, _, _) = flight.Placement!.Value;
            var id = _links!.Start(prefill, decode, bytes, _nowNs, setupSeconds);
            flight.Transfers.Add(id);
            _transfers.Add(id, flight);
            ScheduleTransfer();
        }
        else if (handOver.IsComplete)
        {
            Arrive(flight);
        }
    }

    private void EndTransfers()
    {
        if (_nowNs != _scheduledTransferNs) return;
        foreach (var id in _links!.Advance(_nowNs))
        {
            _transfers.Remove(id, out var flight);
            flight!.Transfers.Remove(id);
            if (flight.Prefill is null) EndCopy(flight);
            else
            {
                flight.HandOver!.FlowEnded();
                if (flight.HandOver.IsComplete) Arrive(flight);
            }
        }

        ScheduleTransfer();
    }

    private void Arrive(Flight flight)
    {
        var (prefill, decode, _, _, _) = flight.Placement!.Value;
        flight.HandOver = null;
        _instances[prefill].ReleaseHeld(flight.Prefill!, _nowNs);
        _instances[decode].KvArrived(flight.Decode!, _nowNs);
        Touch(prefill);
        Touch(decode);
    }

    private void ScheduleTransfer()
    {
        if (_links!.NextEventNs == _scheduledTransferNs && _scheduledTransferNs > _nowNs) return;
        _scheduledTransferNs = _links.NextEventNs;
        if (_scheduledTransferNs != Time.Never) _events.Schedule(_scheduledTransferNs, EventKind.Transfer, 0);
    }

    private void ScheduleStores()
    {
        if (_stores.NextEventNs == _scheduledStoresNs) return;
        _scheduledStoresNs = _stores.NextEventNs;
        if (_scheduledStoresNs != Time.Never) _events.Schedule(_scheduledStoresNs, EventKind.Store, 0);
    }

    private void CancelTransfers(Flight flight)
    {
        flight.HandOver = null;
        if (!flight.HasTransfers) return;
        foreach (var id in flight.Transfers)
        {
            _links!.Cancel(id, _nowNs);
            _transfers.Remove(id);
        }

        ScheduleTransfer();
        flight.Transfers.Clear();
    }

    /// <summary>Deadlines come in order, so one event for the next of them is enough.</summary>
    private void ScheduleExpiry()
    {
        while (_expiries.TryPeek(out var next) && !IsHeld(next.Id, next.Held)) _expiries.Dequeue();
        if (_expiryScheduled || _expiries.Count == 0) return;
        _expiryScheduled = true;
        _events.Schedule(Math.Max(_nowNs, _expiries.Peek().DeadlineNs), EventKind.Expiry, 0);
    }

    private void ExpireHeld()
    {
        _expiryScheduled = false;
        while (_expiries.TryPeek(out var next) && next.DeadlineNs <= _nowNs)
        {
            var (_, id, held) = _expiries.Dequeue();
            if (IsHeld(id, held)) Expire(_flights[id]);
        }

        ScheduleExpiry();
    }

    /// <summary>Still held for this request: the sequence may be another's by now.</summary>
    private static bool IsHeld(long id, Sequence held) => held.Status == SequenceStatus.Held && held.Id == id;

    private void Expire(Flight flight)
    {
        CancelTransfers(flight);
        var (prefill, decode, _, _, _) = flight.Placement!.Value;
        _instances[prefill].ExpireHeld(flight.Prefill!, _nowNs);
        _instances[decode].FallBack(flight.Decode!, _nowNs);
        Touch(prefill);
        Touch(decode);
    }
}
