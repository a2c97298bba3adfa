using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;
using Cluster.Simulator.Reporting;

namespace Cluster.Simulator.Tests;

/// <summary>Runs the repository's own scenarios.</summary>
internal static class Examples
{
    /// <summary>Every variant of an example, by name.</summary>
    public static Dictionary<string, VariantReport> Run(string example)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Cluster.sln"))) folder = folder.Parent;
        var result = ScenarioFile.Load(Path.Combine(folder.FullName, "scenarios", example + ".yaml"), Catalog.Default).OrThrow();
        return result.Variants.ToDictionary(v => v.Cluster.Name, v => VariantReport.Of(ClusterSimulation.Run(v.Cluster, v.Workload)));
    }
}
