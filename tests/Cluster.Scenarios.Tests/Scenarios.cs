using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Tests;

/// <summary>Texts to read and change one line of.</summary>
internal static class Scenarios
{
    public const string Minimal = """
        name: minimal
        model: llama-3.1-8b
        topology:
          aggregated: { gpu: h100-sxm }
        workload:
          synthetic: { input: 100, output: 10 }
          rate: 4/s
          requests: 50
        """;

    public const string Disaggregated = """
        name: split
        model: llama-3.1-70b
        weights: fp8
        kv: fp8
        topology:
          prefill: { instances: 2, gpu: h100-sxm, tp: 4 }
          decode:  { instances: 2, gpu: h100-sxm, tp: 4 }
          link: ib-ndr-400x4
        workload: { synthetic: { input: 100, output: 10 }, rate: 4/s, requests: 50 }
        """;

    public static ScenarioResult Read(string text, params ScenarioOverride[] overrides) =>
        ScenarioFile.Parse(text, TestCatalog.Instance, "test.yaml", overrides);

    public static ScenarioError OnlyError(string text)
    {
        var result = Read(text);
        result.Scenario.ShouldBeNull();
        result.Variants.ShouldBeEmpty();
        return result.Errors.ShouldHaveSingleItem();
    }

    /// <summary>Workload keys on one aggregated instance.</summary>
    public static ScenarioResult ReadWorkload(string keys, ulong seed = 0) =>
        Read($"model: llama-3.1-8b\ntopology: {{ shape: 1A, gpu: h100-sxm }}\nseed: {seed}\nworkload: {{ {keys} }}\n");

    public static Workload Open(string keys, ulong seed = 0) => ReadWorkload(keys, seed).OrThrow().Variants[0].Workload;

    public static RequestSpec[] Draw(string keys, ulong seed = 0) => [.. ((Workload.OpenLoop)Open(keys, seed)).Requests];
}
