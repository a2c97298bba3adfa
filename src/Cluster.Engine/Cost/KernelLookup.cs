using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>Finds the curve that stands for a weight format: its own, else that of the format that computes, else 16-bit.</summary>
internal static class KernelLookup
{
    public static OperatorCurve Gemm(GpuProfile gpu, NumberFormat weights) => Find(gpu, gpu.Kernels.Gemm, weights);

    public static OperatorCurve Moe(GpuProfile gpu, NumberFormat weights) => Find(gpu, gpu.Kernels.Moe, weights);

    private static OperatorCurve Find(GpuProfile gpu, IReadOnlyDictionary<NumberFormat, OperatorCurve> curves, NumberFormat weights) =>
        curves.TryGetValue(weights, out var own) ? own
        : curves.TryGetValue(gpu.ComputeFormat(weights), out var near) ? near
        : curves[NumberFormat.Bf16];
}
