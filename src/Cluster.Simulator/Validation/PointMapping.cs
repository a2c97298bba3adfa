using System.Collections.Immutable;
using Cluster.Engine.Hardware;
using Cluster.Engine.Topology;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>A measured point → the cluster it ran on, or the reason why that is not known. Nothing is guessed.</summary>
public static class PointMapping
{
    /// <summary>The launch book of dated rows: they are InferenceX runs.</summary>
    internal const string DatedRows = "inferencex";

    /// <summary>The launch book of rows without a date: nobody published their scripts, so it holds what their timings show.</summary>
    internal const string UndatedRows = "undated";

    /// <summary>The profile of the point's own minor version, or of its day where it states none, if the catalog has one; else the engine's as it is now.</summary>
    public static string ProfileOf(MeasuredPoint point, Catalog catalog)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(catalog);
        var minor = string.Join('.', point.EngineVersion.Split('.').Take(2));
        var earlier = catalog.Engines.Values.Where(e => e.EarlierVersionOf == point.Engine);
        return earlier.FirstOrDefault(e => minor.Length > 0 ? e.Versions.Contains(minor) : point.Date < e.Until)?.Name ?? point.Engine;
    }

    /// <param name="profile">Stands in for the catalog's profile of the point's engine, e.g. while that is fitted.</param>
    /// <param name="kernels">The GPU whose kernel curves stand in for those of the point's own.</param>
    public static (ClusterSpec? Cluster, string? NotCovered) Map(MeasuredPoint point, Catalog catalog, EngineProfile? profile = null, GpuProfile? kernels = null)
    {
        ArgumentNullException.ThrowIfNull(point);
        ArgumentNullException.ThrowIfNull(catalog);
        var (pools, gpu, reason) = Pools(point, catalog, profile, kernels);
        if (pools is null || gpu is null) return (null, reason);
        try
        {
            var link = point.Prefill is null ? null : catalog.Links[gpu.GpusPerDomain > 8 ? "nvl72" : "ib-ndr-400x8"];
            ImmutableArray<InstanceSpec> instances = [.. pools.All()];
            var transfer = new TransferSpec { HandOverSeconds = TransferSpec.HandOverOf(instances) };
            return (new ClusterSpec(point.Id, instances, link, transfer, new RouterSpec("least-requests"), new SloSpec(), Seed: 1) { FrontEnd = FrontEnd.Of(instances) }, null);
        }
        catch (ArgumentException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>The point's benchmark sent no prompts ahead: its TTFT holds what compiling kernels took, and says nothing of the host's figures.</summary>
    internal static bool IsColdStart(MeasuredPoint point, Catalog catalog) => Pools(point, catalog, null, null).Pools is { IsColdStart: true };

    /// <summary>See <see cref="PointPools.SpreadsExperts"/>.</summary>
    internal static bool SpreadsExperts(MeasuredPoint point, Catalog catalog) => Pools(point, catalog, null, null).Pools is { SpreadsExperts: true };

    private static (PointPools? Pools, GpuProfile? Gpu, string? NotCovered) Pools(MeasuredPoint point, Catalog catalog, EngineProfile? profile, GpuProfile? kernels)
    {
        if (point.Unreadable is { } problem) return (null, null, problem);
        if (RepackedModel.Find(catalog, point.Model) is not { } model) return (null, null, $"model {point.Model} is not in the catalog");
        if (catalog.FindGpu(point.System) is not { } gpu) return (null, null, $"GPU {point.System} is not in the catalog");
        if (kernels is not null) gpu = gpu with { Kernels = kernels.Kernels, DerivedFrom = kernels.Name };
        if ((profile ?? catalog.Engines.GetValueOrDefault(ProfileOf(point, catalog))) is not { } engine) return (null, null, $"engine {point.Engine} is not in the catalog");
        if (PointFormats.Weights(point, model) is not { } weights) return (null, null, $"format {point.GemmFormat} is not known");
        if (PointFormats.Experts(point, model, weights) is not { } experts) return (null, null, $"expert format {point.MoeFormat} is not known");
        var launches = catalog.Launches.GetValueOrDefault(point.Date is null ? UndatedRows : DatedRows);
        return (new PointPools(point, model, gpu, engine, weights, experts, launches), gpu, null);
    }
}
