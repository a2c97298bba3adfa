using Cluster.Scenarios;
using Cluster.Scenarios.Catalogs;

namespace Cluster.Simulator.Tests;

/// <summary>A scenario small enough to run dozens of times in a test. Prompts leave room for decodes below 512 rows: one row more costs fp8 kernels of Hopper half a tile.</summary>
internal static class SmallScenario
{
    public const string Text = """
        model: llama-3.1-8b
        topology:
          aggregated: { instances: 1, gpu: h100-sxm }
        workload: { synthetic: { input: 480, output: 32 }, rate: 20/s, requests: 60 }
        slo: { ttft: 300ms, tpot: 20ms }
        seed: 3
        """;

    /// <summary>The folder with the solution.</summary>
    public static string RepositoryRoot { get; } = RootOf(AppContext.BaseDirectory);

    private static string RootOf(string folder) => File.Exists(Path.Combine(folder, "Cluster.sln")) ? folder : RootOf(Path.GetDirectoryName(folder)!);

    public static Catalog Catalog => Catalog.Default;

    public static ScenarioSource Source(string text = Text) => new(text, "small.yaml", []);
}
