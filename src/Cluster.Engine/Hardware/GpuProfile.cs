namespace Cluster.Engine.Hardware;

/// <summary>One GPU as the cost model sees it. All rates decimal: 1 TB/s = 10¹² B/s.</summary>
public sealed record GpuProfile(string Name, double HbmBytes, double HbmBytesPerSecond, IReadOnlyDictionary<string, double> PeakFlops, double DollarsPerHour, string Source);
