using System.Globalization;
using Cluster.Engine.Models;
using Cluster.Scenarios.Sections;

namespace Cluster.Simulator.Planning;

/// <summary>Topologies as a scenario writes them, on one line.</summary>
internal static class PoolText
{
    public static string Disaggregated(PoolSection like, int prefill, int decode, string link) =>
        $"{{ prefill: {Pool(like, prefill)}, decode: {Pool(like, decode)}, link: {link} }}";

    public static string Aggregated(PoolSection like, int instances) => $"{{ aggregated: {Pool(like, instances)} }}";

    /// <summary>A pool's GPUs, split and formats; engine settings stay the scenario's.</summary>
    public static string Pool(PoolSection p, int instances) => string.Create(CultureInfo.InvariantCulture,
        $"{{ instances: {instances}, gpu: {p.Gpu}, tp: {p.Parallelism.Tp}{Degree("pp", p.Parallelism.Pp)}{Degree("dp", p.Parallelism.Dp)}{Degree("ep", p.Parallelism.Ep)}, weights: {NumberFormats.Name(p.Weights)}, kv: {NumberFormats.Name(p.Kv)} }}");

    private static string Degree(string name, int value) => value == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {name}: {value}");
}
