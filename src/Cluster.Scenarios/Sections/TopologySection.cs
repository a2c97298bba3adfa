using System.Collections.Immutable;
using Cluster.Engine.Hardware;
using Cluster.Engine.Models;
using Cluster.Engine.Topology;

namespace Cluster.Scenarios.Sections;

/// <summary>Which instances there are, and what joins them.</summary>
/// <param name="Pools">At least one; prefill and decode pools come together.</param>
/// <param name="Link">A link of the catalog; required when a pool is disaggregated, else null.</param>
public sealed record TopologySection(ImmutableArray<PoolSection> Pools, string? Link)
{
    /// <summary>Bytes per second that all transfers share; null: no bound.</summary>
    public double? FabricBytesPerSecond { get; init; }

    /// <summary>The shape in xPyD notation: <c>2P2D</c>, <c>4A</c>, <c>1P2D1A</c>.</summary>
    public string Shape => string.Concat(
        Part(InstanceRole.Prefill, "P"), Part(InstanceRole.Decode, "D"), Part(InstanceRole.Aggregated, "A"));

    private string Part(InstanceRole role, string letter)
    {
        var instances = Pools.Where(p => p.Role == role).Sum(p => p.Instances);
        return instances == 0 ? "" : $"{instances}{letter}";
    }
}

/// <summary>Instances that are alike. A pool may override model, formats and engine of its scenario.</summary>
public sealed record PoolSection
{
    /// <summary><c>prefill</c>, <c>decode</c>, <c>aggregated</c>, or a key under <c>pools</c>.</summary>
    public required string Name { get; init; }

    public required InstanceRole Role { get; init; }

    /// <summary>How many instances; default 1.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>A GPU of the catalog.</summary>
    public required string Gpu { get; init; }

    /// <summary>Ranks of one instance; every degree defaults to 1.</summary>
    public Parallelism Parallelism { get; init; } = new();

    /// <summary>A model of the catalog.</summary>
    public required string Model { get; init; }

    /// <summary>How weights are stored; default bf16, the format most checkpoints are published in.</summary>
    public NumberFormat Weights { get; init; } = NumberFormat.Bf16;

    /// <summary>How routed experts are stored; null: as published where that differs from 16-bit weights, with block scales where weights are fp8, else as the rest.</summary>
    public NumberFormat? ExpertWeights { get; init; }

    /// <summary>How KV is stored; default bf16 (vLLM's <c>auto</c>: the model's own type).</summary>
    public NumberFormat Kv { get; init; } = NumberFormat.Bf16;

    public required EngineSection Engine { get; init; }

    /// <summary>Path of the pool in the file, for errors found later.</summary>
    internal string Path { get; init; } = "";
}
