using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;
using Cluster.Simulator.Events;

namespace Cluster.Simulator;

/// <summary>
/// How KV gets from prefill to decode instances in virtual time: what the two sides do goes to the engine's hand-over desk, as live, and
/// what the desk decides goes back to them.
/// </summary>
public sealed partial class ClusterSimulation
{
    /// <summary>The desk knows each placement of a request by a name of its own: requests are placed anew, and what was under way for them is void.</summary>
    private const long MostLegs = 1 << 16;

    private readonly HandOverDesk? _desk;
    private long _scheduledDeskNs = Time.Never;
    private long _scheduledStoresNs = Time.Never;

    private static long AtDesk(Flight flight) => checked(flight.Request.Id * MostLegs) + flight.Reroutes;

    /// <summary>Before its prefill, a request waits for the prefix that another instance has.</summary>
    private void StartCopy(Flight flight)
    {
        var placement = flight.Placement!.Value;
        var tokens = placement.CopyTokens - (placement.OverlapBlocks * _cluster.Instances[0].Kv.BlockSize);
        flight.IsAtDesk = true;
        _desk!.Copy(AtDesk(flight), placement.CopySource, placement.PrefillInstance, tokens, _nowNs);
        Deliver();
    }

    /// <summary>Prefill is done: what has not left yet may leave now.</summary>
    private void HandOver(Flight flight)
    {
        // Gone in the same moment.
        if (flight.Prefill!.Status != SequenceStatus.Held) return;
        PrefillEnded(flight);
        var (prefill, decode, _, _, _) = Announce(flight);
        _desk!.PrefillEnded(AtDesk(flight), prefill, decode, flight.Leg.InputTokens, _nowNs);
        Deliver();
    }

    /// <summary>With overlap, hand-overs begin while prompts are still computed.</summary>
    private void SendLayers(Instance instance)
    {
        foreach (var (sequence, tokens) in instance.Chunks)
        {
            if (sequence.TargetTokens >= sequence.Request.OutputTokens) continue;
            var flight = _flights[sequence.Id];
            var (prefill, decode, _, _, _) = Announce(flight);
            _desk!.Computing(AtDesk(flight), prefill, decode, flight.Leg.InputTokens, sequence.Computed, tokens, _nowNs);
        }

        Deliver();
    }

    /// <summary>The decode instance learns, once, of a request whose KV will come.</summary>
    private Placement Announce(Flight flight)
    {
        var placement = flight.Placement!.Value;
        flight.IsAtDesk = true;
        if (flight.Decode is not null) return placement;
        _instances[placement.DecodeInstance].EnqueueRemote(flight.BeginDecode(), _nowNs);
        Touch(placement.DecodeInstance);
        return placement;
    }

    private void Reserved(Flight flight, int missingTokens)
    {
        if (flight.Decode!.Status != SequenceStatus.Receiving) return;
        var (prefill, decode, _, _, _) = flight.Placement!.Value;
        _desk!.Reserved(AtDesk(flight), prefill, decode, flight.Leg.InputTokens, missingTokens, _nowNs);
        Deliver();
    }

    private void AdvanceDesk()
    {
        // Scheduled for a moment that came to nothing: something ends sooner or later than it would have.
        if (_nowNs != _scheduledDeskNs) return;
        _desk!.Advance(_nowNs);
        Deliver();
    }

    /// <summary>Carries out what the desk has decided.</summary>
    private void Deliver()
    {
        if (_desk is null) return;
        for (var i = 0; i < _desk.Effects.Count; i++)
        {
            var effect = _desk.Effects[i];
            // Ended or placed anew in the same moment.
            if (!_flights.TryGetValue(effect.RequestId / MostLegs, out var flight) || AtDesk(flight) != effect.RequestId) continue;
            flight.IsAtDesk = false;
            switch (effect.Kind)
            {
                case DeskEffectKind.CopyEnded:
                    _instances[effect.Destination].AdoptPrefix(flight.Leg, flight.Placement!.Value.CopyTokens);
                    EnqueuePrefill(flight);
                    break;
                case DeskEffectKind.CopyFailed: EnqueuePrefill(flight); break;
                case DeskEffectKind.Arrived:
                    _instances[effect.Source].ReleaseHeld(flight.Prefill!, _nowNs);
                    Touch(effect.Source);
                    var destination = _instances.ForNewcomer(effect.Destination);
                    destination.KvArrived(flight.Decode!, _nowNs);
                    Came(effect.Destination, destination);
                    break;
                case DeskEffectKind.Expired:
                    _instances[effect.Source].ExpireHeld(flight.Prefill!, _nowNs);
                    _instances[effect.Destination].FallBack(flight.Decode!, _nowNs);
                    Touch(effect.Source);
                    Touch(effect.Destination);
                    break;
                default: throw new InvalidOperationException($"Nothing in virtual time carries out {effect.Kind}.");
            }
        }

        _desk.ClearEffects();
        ScheduleDesk();
    }

    private void ScheduleDesk()
    {
        var next = _desk!.NextEventNs;
        if (next == _scheduledDeskNs && next > _nowNs) return;
        _scheduledDeskNs = next;
        if (next != Time.Never) _events.Schedule(next, EventKind.Transfer, 0);
    }

    private void ScheduleStores()
    {
        if (_stores.NextEventNs == _scheduledStoresNs) return;
        _scheduledStoresNs = _stores.NextEventNs;
        if (_scheduledStoresNs != Time.Never) _events.Schedule(_scheduledStoresNs, EventKind.Store, 0);
    }

    private void CancelTransfers(Flight flight)
    {
        if (!flight.IsAtDesk) return;
        flight.IsAtDesk = false;
        _desk!.Cancel(AtDesk(flight), _nowNs);
        Deliver();
    }
}
