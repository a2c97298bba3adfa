using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>What a prediction takes for granted: the nearest profile, another GPU's kernels, an engine's defaults. Said with each row, never silently.</summary>
internal static class PointAssumptions
{
    public static IReadOnlyList<string> Of(MeasuredPoint point, Catalog catalog)
    {
        var profile = catalog.Engines[PointMapping.ProfileOf(point, catalog)];
        var (model, gpu) = (RepackedModel.Find(catalog, point.Model)!, catalog.FindGpu(point.System)!);
        var assumed = new List<string>();
        if (!profile.FittedVersions.Contains(point.VersionOrMonth))
        {
            var version = point.EngineVersion.Length > 0 ? point.EngineVersion : "of no stated version";
            assumed.Add(profile.FittedVersions.IsEmpty
                ? $"{point.Engine} {version} runs as profile {profile.Name}, which was fitted on no measured points"
                : $"{point.Engine} {version} runs as profile {profile.Name}, fitted on {string.Join(", ", profile.FittedVersions)}");
        }

        if (gpu.DerivedFrom is { } origin) assumed.Add($"{gpu.Name} runs {origin}'s kernels, scaled by peak rates: its own were not measured");
        if (point.Date is null) assumed.Add("without a date: launched as their timings show or with the engine's defaults, all lengths as stated");
        else if (catalog.Launches.GetValueOrDefault(PointMapping.DatedRows) is not { } book || !book.Knows(point.Engine, model.Name, gpu.Name))
            assumed.Add($"no launch script is known of {model.Name} on {gpu.Name} with {point.Engine}: general rules of the engine, else its defaults");
        if (PointMapping.SpreadsExperts(point, catalog)) assumed.Add("blocks of 128 columns would be cut by tensor parallelism of experts as stated: each expert on one rank instead");
        if (PointMapping.IsColdStart(point, catalog)) assumed.Add("benchmarked without warm-up: prompts waited for kernels to be compiled; their TTFT is no part of the fit");
        return assumed;
    }
}
