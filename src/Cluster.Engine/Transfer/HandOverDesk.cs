using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Transfer;

/// <summary>
/// Every hand-over and prefix copy of a cluster, as a state machine around its links: prefill instances say what they
/// have computed, decode instances what they have room for, and the desk sends what can leave, tells both sides when all
/// has arrived, and gives up what nobody pulled in time.
/// </summary>
public sealed class HandOverDesk
{
    private readonly LinkProfile _link;
    private readonly TransferSpec _transfer;
    private readonly LinkFabric _fabric;
    private readonly List<InstanceSpec> _instances;
    private readonly List<double> _portFactors;
    private readonly Dictionary<long, DeskEntry> _entries = [];
    private readonly Dictionary<long, (DeskEntry Entry, double Bytes)> _flows = [];
    private readonly Queue<DeskEntry> _expiries = new();
    private readonly RecentIds _closed = new(capacity: 65_536);
    private readonly List<DeskEffect> _effects = [];
    private long _nowNs;

    /// <param name="fabricBytesPerSecond">What all transfers share; null: the fabric is never in the way.</param>
    public HandOverDesk(LinkProfile link, TransferSpec transfer, IEnumerable<InstanceSpec> instances, double? fabricBytesPerSecond = null)
    {
        (_link, _transfer) = (link, transfer);
        _instances = [.. instances];
        _portFactors = [.. _instances.Select(_ => 1.0)];
        _fabric = new LinkFabric(link, _instances.Count, fabricBytesPerSecond);
    }

    /// <summary>The links underneath.</summary>
    public LinkFabric Fabric => _fabric;

    /// <summary>Hand-overs and copies that have not ended.</summary>
    public int Open => _entries.Count;

    /// <summary>Effects since <see cref="ClearEffects"/>, in order.</summary>
    public IReadOnlyList<DeskEffect> Effects => _effects;

    /// <summary>When <see cref="Advance"/> has something to do; <see cref="Time.Never"/> while idle.</summary>
    public long NextEventNs
    {
        get
        {
            while (_expiries.TryPeek(out var first) && first.Gone) _expiries.Dequeue();
            return Math.Min(_fabric.NextEventNs, _expiries.TryPeek(out var next) ? next.DeadlineNs : Time.Never);
        }
    }

    public void ClearEffects() => _effects.Clear();

    /// <summary>An instance joins behind the others; returns its place.</summary>
    public int Add(InstanceSpec instance)
    {
        _instances.Add(instance);
        _portFactors.Add(1);
        _fabric.Grow(_instances.Count);
        return _instances.Count - 1;
    }

    /// <summary>An instance runs on other ranks from now on; nothing of it is under way.</summary>
    public void Replace(int place, InstanceSpec instance) => _instances[place] = instance;

    /// <summary>A step begins at the source that computes <paramref name="tokens"/> prompt tokens over <paramref name="computed"/>.</summary>
    public void Computing(long id, int source, int destination, int promptTokens, int computed, int tokens, long nowNs)
    {
        if (Enter(id, source, destination, promptTokens, nowNs) is not { } entry) return;
        entry.HandOver!.Computing(computed, tokens);
        Send(entry);
    }

    /// <summary>The prompt is computed; its KV is held at the source from now on, until it has left or expires.</summary>
    public void PrefillEnded(long id, int source, int destination, int promptTokens, long nowNs)
    {
        if (Enter(id, source, destination, promptTokens, nowNs) is not { } entry) return;
        entry.HandOver!.PrefillEnded();
        entry.HeldSinceNs = _nowNs;
        entry.DeadlineNs = _nowNs + _transfer.ExpiryNs;
        _expiries.Enqueue(entry);
        Send(entry);
    }

    /// <summary>The destination has blocks; it lacks <paramref name="missingTokens"/> tokens of the prompt.</summary>
    public void Reserved(long id, int source, int destination, int promptTokens, int missingTokens, long nowNs)
    {
        if (Enter(id, source, destination, promptTokens, nowNs) is not { } entry) return;
        entry.HandOver!.Reserved(missingTokens);
        Send(entry);
    }

    /// <summary>Copies the KV of so many prompt tokens from one cache to another, before the prompt is computed there.</summary>
    public void Copy(long id, int source, int destination, int tokens, long nowNs)
    {
        Advance(nowNs);
        if (_closed.Contains(id)) return;
        var entry = new DeskEntry(id, source, destination, null);
        if (_portFactors[source] * _portFactors[destination] == 0)
        {
            _effects.Add(entry.Effect(DeskEffectKind.CopyFailed, _nowNs));
            return;
        }

        _entries.Add(id, entry);
        Start(entry, TransferPlan.Bytes(_transfer, _instances[source], tokens, tokens), setupSeconds: null);
    }

    /// <summary>One side has no use for it any more: whatever is under way stops, and later news of it is ignored.</summary>
    public void Cancel(long id, long nowNs)
    {
        Advance(nowNs);
        _closed.Add(id);
        if (_entries.TryGetValue(id, out var entry)) Remove(entry);
    }

    /// <summary>An instance is lost: copies from it fail; hand-overs from and to it are void, their requests go elsewhere.</summary>
    public void Lost(int instance, long nowNs)
    {
        Advance(nowNs);
        foreach (var entry in Touching(instance))
        {
            Remove(entry);
            if (entry.IsCopy && entry.Source == instance) _effects.Add(entry.Effect(DeskEffectKind.CopyFailed, _nowNs));
            else _closed.Add(entry.Id);
        }
    }

    /// <summary>All KV that the instance holds for others is dropped.</summary>
    public void ExpireAll(int instance, long nowNs)
    {
        Advance(nowNs);
        foreach (var entry in Touching(instance))
            if (entry.Source == instance && entry.HeldSinceNs != Time.Unset) Expire(entry);
    }

    /// <summary>Scales an instance's ports: 1 is whole, 0 is cut. Nobody waits for a copy that cannot come; hand-overs wait for their expiry.</summary>
    public void Degrade(int instance, double factor, long nowNs)
    {
        Advance(nowNs);
        _portFactors[instance] = factor;
        _fabric.Degrade(instance, factor, _nowNs);
        if (factor > 0) return;
        foreach (var entry in Touching(instance).Where(e => e.IsCopy))
        {
            Remove(entry);
            _effects.Add(entry.Effect(DeskEffectKind.CopyFailed, _nowNs));
        }
    }

    /// <summary>Lets time pass, event by event.</summary>
    public void Advance(long nowNs)
    {
        for (var next = NextEventNs; next <= nowNs; next = NextEventNs)
        {
            _nowNs = Math.Max(_nowNs, next);
            // What arrives in the moment in which it would expire has arrived.
            if (_fabric.NextEventNs <= _nowNs)
                foreach (var flow in _fabric.Advance(_nowNs)) EndFlow(flow);
            while (_expiries.TryPeek(out var due) && (due.Gone || due.DeadlineNs <= _nowNs))
                if (!_expiries.Dequeue().Gone) Expire(due);
        }

        _nowNs = Math.Max(_nowNs, nowNs);
    }

    private DeskEntry? Enter(long id, int source, int destination, int promptTokens, long nowNs)
    {
        Advance(nowNs);
        if (_closed.Contains(id)) return null;
        if (!_entries.TryGetValue(id, out var entry))
            _entries[id] = entry = new DeskEntry(id, source, destination, new HandOver(_transfer, _instances[source], _instances[destination], promptTokens));
        return entry;
    }

    private void Send(DeskEntry entry)
    {
        if (entry.HandOver!.TrySend(_link.SetupSeconds, out var bytes, out var setupSeconds)) Start(entry, bytes, setupSeconds);
        else if (entry.HandOver.IsComplete) Arrive(entry);
    }

    private void Start(DeskEntry entry, double bytes, double? setupSeconds)
    {
        if (entry.Flows.Count == 0 && entry.StartedNs == Time.Unset) entry.StartedNs = _nowNs;
        var flow = _fabric.Start(entry.Source, entry.Destination, bytes, _nowNs, setupSeconds);
        entry.Flows.Add(flow);
        entry.Bytes += bytes;
        _flows.Add(flow, (entry, bytes));
    }

    private void EndFlow(long flow)
    {
        if (!_flows.Remove(flow, out var ended)) return;
        var entry = ended.Entry;
        entry.Flows.Remove(flow);
        if (entry.IsCopy)
        {
            Remove(entry);
            _effects.Add(entry.Effect(DeskEffectKind.CopyEnded, _nowNs));
            return;
        }

        entry.HandOver!.FlowEnded();
        if (entry.HandOver.IsComplete) Arrive(entry);
    }

    private void Arrive(DeskEntry entry)
    {
        Remove(entry);
        _effects.Add(entry.Effect(DeskEffectKind.Arrived, _nowNs));
    }

    private void Expire(DeskEntry entry)
    {
        Remove(entry);
        _closed.Add(entry.Id);
        _effects.Add(entry.Effect(DeskEffectKind.Expired, _nowNs));
    }

    private void Remove(DeskEntry entry)
    {
        _entries.Remove(entry.Id);
        entry.Gone = true;
        foreach (var flow in entry.Flows)
        {
            _fabric.Cancel(flow, _nowNs);
            _flows.Remove(flow);
        }

        entry.Flows.Clear();
    }

    /// <summary>In order of their requests: what follows must not depend on a dictionary's whims.</summary>
    private List<DeskEntry> Touching(int instance) =>
        [.. _entries.Values.Where(e => e.Source == instance || e.Destination == instance).OrderBy(e => e.Id)];
}
