using Cluster.Engine.Topology;

namespace Cluster.Engine.Transfer;

/// <summary>
/// The KV of one request on its way from the instance that computes its prompt to the one that decodes it: how much is
/// ready to leave, has left, has arrived. Without overlap all of it becomes ready when prefill ends; with overlap each
/// layer does once it is computed, so that only the last layer of the last chunk must wait for the end.
/// </summary>
public sealed class HandOver(TransferSpec transfer, InstanceSpec source, InstanceSpec destination, int promptTokens)
{
    private double _totalBytes;
    private double _sentBytes;
    private double _computedShare;
    private int _flows;
    private bool _reserved;
    private bool _computed;
    private bool _begun;

    /// <summary>Everything is at the destination.</summary>
    public bool IsComplete => _reserved && _computed && _begun && _flows == 0 && _sentBytes >= _totalBytes;

    /// <summary>The destination has blocks; it lacks the KV of <paramref name="missingTokens"/> prompt tokens.</summary>
    public void Reserved(int missingTokens)
    {
        _reserved = true;
        _totalBytes = TransferPlan.Bytes(transfer, source, promptTokens, missingTokens);
    }

    /// <summary>A step begins that computes <paramref name="tokens"/> prompt tokens over <paramref name="computed"/>; its layers may leave one by one.</summary>
    public void Computing(int computed, int tokens)
    {
        if (!transfer.LayerwiseOverlap) return;
        double layers = source.Deployment.Model.LayerCount;
        var share = (computed + tokens * (layers - 1) / layers) / promptTokens;
        _computedShare = Math.Max(_computedShare, Math.Min(share, 1));
    }

    /// <summary>The prompt is computed.</summary>
    public void PrefillEnded()
    {
        _computed = true;
        _computedShare = 1;
    }

    /// <summary>Bytes to send now, and seconds before the first of them leaves; false when there are none.</summary>
    public bool TrySend(double linkSetupSeconds, out double bytes, out double setupSeconds)
    {
        var ready = _computed ? _totalBytes : _totalBytes * _computedShare;
        bytes = ready - _sentBytes;
        setupSeconds = _begun ? 0 : linkSetupSeconds + transfer.HandOverSeconds;
        // Even when nothing is missing, the destination has to ask and be answered, once.
        if (!_reserved || (bytes <= 0 && (_begun || !_computed))) return false;
        if (_computed) setupSeconds += TransferPlan.RelayoutSeconds(source, destination, _totalBytes);
        _sentBytes = ready;
        _begun = true;
        _flows++;
        return true;
    }

    /// <summary>What one <see cref="TrySend"/> sent has arrived.</summary>
    public void FlowEnded() => _flows--;
}
