using Cluster.Engine.Models;

namespace Cluster.Scenarios.Reading;

/// <summary>Number formats as scenarios write them.</summary>
internal static class FormatNames
{
    private static readonly Dictionary<string, NumberFormat> Names =
        Enum.GetValues<NumberFormat>().ToDictionary(f => f == NumberFormat.Fp8E5M2 ? "fp8_e5m2" : f.ToString().ToLowerInvariant());

    public static IReadOnlyCollection<string> All => Names.Keys;

    public static IReadOnlyCollection<string> ForKv { get; } = ["fp32", "fp16", "bf16", "fp8", "fp8_e5m2", "int8", "int4"];

    public static NumberFormat? Of(string? name) => name is null ? null : Names[name];

    public static string Name(NumberFormat format) => Names.First(n => n.Value == format).Key;
}
