using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>One instance as the cost model sees it: a model, on a GPU, split so, in these formats.</summary>
public sealed record Deployment(ModelArchitecture Model, GpuProfile Gpu, Parallelism Parallelism, NumberFormat Weights, NumberFormat Kv);
