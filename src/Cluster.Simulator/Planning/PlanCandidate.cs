using System.Globalization;
using Cluster.Engine.Models;
using Cluster.Scenarios;

namespace Cluster.Simulator.Planning;

/// <summary>A topology within the budget, or one of the groups alike that a large one is spent on (<see cref="PlanSpace.MostTogether"/>), with the rate that its steps' prices promise.</summary>
/// <param name="Prefill">Null: every instance of <paramref name="Decode"/> does both phases.</param>
/// <param name="X">Prefill instances; 0 when aggregated.</param>
/// <param name="Y">Decode instances, or aggregated ones.</param>
/// <param name="Link">Carries KV; null when aggregated.</param>
/// <param name="Router">Routing policy; null: the scenario's own.</param>
/// <param name="EstimatedRps">First guess by rate matching.</param>
public sealed record PlanCandidate(PlanShape? Prefill, int X, PlanShape Decode, int Y, string? Link, string? Router, double EstimatedRps)
{
    public bool IsDisaggregated => Prefill is not null;

    public int Gpus => (X * (Prefill?.Gpus ?? 0)) + (Y * Decode.Gpus);

    /// <summary>Dollars of GPU time per hour; 0 where a price is not known.</summary>
    public double DollarsPerHour =>
        Decode.DollarsPerHour <= 0 || Prefill is { DollarsPerHour: <= 0 } ? 0 : (X * (Prefill?.DollarsPerHour ?? 0)) + (Y * Decode.DollarsPerHour);

    /// <summary>Tokens of a step of the instances that compute prompts: how long the chunks are; null: the scenario's own.</summary>
    public int? StepTokens { get; init; }

    /// <summary>GPU types on offer differ, so names say which.</summary>
    public bool NamesGpu { get; init; }

    /// <summary>GPU types that it is made of.</summary>
    internal string GpuTypes => $"{Prefill?.Gpu.Name}/{Decode.Gpu.Name}";

    /// <summary>E.g. <c>2P(tp4)3D(tp2) fp8/fp8</c>; with a choice of types <c>2P(h100-sxm tp4)3D(h200 tp2) fp8/fp8</c>.</summary>
    public string Name
    {
        get
        {
            var formats = $"{NumberFormats.Name(Decode.Weights)}/{NumberFormats.Name(Decode.Kv)}";
            var shape = Prefill is null ? $"{Y}A({Split(Decode)})" : $"{X}P({Split(Prefill)}){Y}D({Split(Decode)})";
            return string.Create(CultureInfo.InvariantCulture, $"{shape} {formats}{(Router is null ? "" : $" {Router}")}{(StepTokens is { } tokens ? $" chunks of {tokens}" : "")}");
        }
    }

    /// <summary>The candidate as settings over the scenario.</summary>
    public IReadOnlyList<ScenarioOverride> Overrides()
    {
        var pools = Prefill is null
            ? $"{{ aggregated: {Pool(Decode, Y, StepTokens)} }}"
            : $"{{ prefill: {Pool(Prefill, X, StepTokens)}, decode: {Pool(Decode, Y, null)}, link: {Link} }}";
        var topology = new ScenarioOverride("topology", pools, "plan");
        return Router is null ? [topology] : [topology, new ScenarioOverride("router", $"{{ policy: {Router} }}", "plan")];
    }

    private static string Pool(PlanShape shape, int instances, int? stepTokens)
    {
        var p = shape.Parallelism;
        return string.Create(CultureInfo.InvariantCulture,
            $"{{ instances: {instances}, gpu: {shape.Instance.Deployment.Gpu.Name}, tp: {p.Tp}, pp: {p.Pp}, dp: {p.Dp}, ep: {p.Ep}, weights: {NumberFormats.Name(shape.Weights)}, kv: {NumberFormats.Name(shape.Kv)}{(stepTokens is { } tokens ? $", engine: {{ max_num_batched_tokens: {tokens} }}" : "")} }}");
    }

    private string Split(PlanShape shape)
    {
        var p = shape.Parallelism;
        return string.Create(CultureInfo.InvariantCulture, $"{(NamesGpu ? $"{shape.Gpu.Name} " : "")}tp{p.Tp}{(p.Pp > 1 ? $"pp{p.Pp}" : "")}{(p.Dp > 1 ? $"dp{p.Dp}" : "")}{(p.Ep > 1 ? $"ep{p.Ep}" : "")}");
    }
}
