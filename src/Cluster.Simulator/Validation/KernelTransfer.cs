using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Validation;

/// <summary>
/// How points are predicted on a GPU whose kernels nobody measured: with the curves of another, scaled by peak rates, as derived GPUs of the catalog are.
/// Host figures stay as fitted, so that the rows say what kernels alone lose.
/// </summary>
internal sealed class KernelTransfer(Catalog catalog, IReadOnlyList<MeasuredPoint> points)
{
    private static readonly Dictionary<string, string> s_sameGeneration = new(StringComparer.Ordinal)
    {
        ["h100-sxm"] = "h200",
        ["h200"] = "h100-sxm",
        ["b200"] = "gb200",
        ["gb200"] = "b200",
    };

    private static readonly Dictionary<string, string> s_nextGeneration = new(StringComparer.Ordinal)
    {
        ["h100-sxm"] = "b200",
        ["h200"] = "b200",
        ["b200"] = "h200",
        ["gb200"] = "h200",
    };

    public IReadOnlyList<LeftOutErrors> Run() =>
        [Run("kernels of the GPU, its generation's instead", s_sameGeneration), Run("kernels of the generation, the other's instead", s_nextGeneration)];

    private LeftOutErrors Run(string what, Dictionary<string, string> standIns)
    {
        var moved = points.Where(p => catalog.FindGpu(p.System) is { } gpu && standIns.ContainsKey(gpu.Name)).ToList();
        var rows = moved.AsParallel().AsOrdered().Select(p =>
        {
            var standIn = catalog.Gpus[standIns[catalog.FindGpu(p.System)!.Name]];
            var (ttft, tpot) = PointRun.Predict(p, PointMapping.Map(p, catalog, kernels: standIn).Cluster!);
            return new LeftOutRow(p, ttft, tpot);
        }).ToList();
        return LeftOutErrors.Of(what, moved.Select(p => p.System).Distinct().Count(), rows);
    }
}
