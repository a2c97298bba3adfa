using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using Cluster.ServiceDefaults.Catalogue;

namespace Cluster.ServiceDefaults.Recording;

/// <summary>This process as an emulator: how busy its host is, what it is.</summary>
public sealed class EmulatorMetrics
{
    private readonly Labels _none = [];
    private readonly Lock _gate = new();
    private TimeSpan _cpu = Environment.CpuUsage.TotalTime;
    private long _at = Stopwatch.GetTimestamp();
    private double _saturation;

    internal EmulatorMetrics(Meter meter)
    {
        meter.Observe(XpydFabricMetrics.HostSaturation, () => [new Measurement<double>(Saturation(), _none)]);
        meter.Observe(XpydFabricMetrics.BuildInfo, () => Runtime is null ? [] : [new Measurement<double>(1, BuildLabels(Runtime))]);
    }

    /// <summary><c>orleans</c> or <c>local</c>; null until the host has said so.</summary>
    public string? Runtime { get; set; }

    /// <summary>CPU time this process used ÷ what all cores offered, over the last second or more.</summary>
    public double Saturation()
    {
        lock (_gate)
        {
            var elapsed = Stopwatch.GetElapsedTime(_at);
            if (elapsed < TimeSpan.FromSeconds(1)) return _saturation;
            var cpu = Environment.CpuUsage.TotalTime;
            _saturation = Math.Clamp((cpu - _cpu) / elapsed / Environment.ProcessorCount, 0, 1);
            (_cpu, _at) = (cpu, Stopwatch.GetTimestamp());
            return _saturation;
        }
    }

    private static Labels BuildLabels(string runtime) =>
    [
        new("version", typeof(EmulatorMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown"),
        new("runtime", runtime),
    ];
}
