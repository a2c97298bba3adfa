using System.Globalization;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Live;

/// <summary>Notices when the host begins and ceases to fall behind the emulated clock: said once each way, not with every late step.</summary>
internal sealed class HostWatch
{
    /// <summary>Looks per verdict: ten seconds at two a second.</summary>
    public const int Looks = 20;

    /// <summary>Share of late or saturated steps from which on the host is behind.</summary>
    public const double Behind = 0.05;

    /// <summary>Share below which it keeps up again.</summary>
    public const double Recovered = 0.02;

    /// <summary>Fewer steps than this in a window say nothing.</summary>
    private const int FewestSteps = 20;

    private (long Steps, long Late, long Saturated) _before;
    private int _looks;
    private bool _isBehind;

    /// <summary>What has changed, for the log; null while nothing has.</summary>
    public string? Look(TopologySnapshot now)
    {
        ArgumentNullException.ThrowIfNull(now);
        if (++_looks % Looks != 0) return null;
        var totals = (Steps: now.Instances.Sum(i => i.Steps), Late: now.Instances.Sum(i => i.LateSteps), Saturated: now.Instances.Sum(i => i.SaturatedSteps));
        var (steps, late, saturated) = (totals.Steps - _before.Steps, totals.Late - _before.Late, totals.Saturated - _before.Saturated);
        _before = totals;
        // Counts of an instance begin anew when it does.
        if (steps < FewestSteps || late < 0 || saturated < 0) return null;
        var share = Math.Max(late, saturated) / (double)steps;
        if (!_isBehind && share > Behind)
        {
            _isBehind = true;
            return string.Create(CultureInfo.InvariantCulture,
                $"This host does not keep up: of the last {steps} steps {late / (double)steps:P0} ended over a millisecond late and {saturated / (double)steps:P0} found its compute threads saturated. Times are longer than the emulated cluster's: use fewer instances, a smaller time.scale, or a host with less to do.");
        }

        if (!_isBehind || share >= Recovered) return null;
        _isBehind = false;
        return string.Create(CultureInfo.InvariantCulture, $"This host keeps up again: {late / (double)steps:P1} of the last {steps} steps were late.");
    }
}
