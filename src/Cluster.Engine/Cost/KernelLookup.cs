using Cluster.Engine.Hardware;
using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>
/// Finds the curve that stands for a weight format: its own, else that of the format that computes, else a measured one of that width (no table holds int8 products), else 16-bit.
/// </summary>
public static class KernelLookup
{
    public static GemmCurve Gemm(GpuProfile gpu, NumberFormat weights) => Find(gpu, gpu.Kernels.Gemm, weights);

    public static MoeCurve Moe(GpuProfile gpu, NumberFormat weights) => Find(gpu, gpu.Kernels.Moe, weights);

    /// <summary>The peaks against which kernels of a compute format are held.</summary>
    public static Roof Roof(GpuProfile gpu, NumberFormat compute)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        return new Roof(gpu.PeakFlops[compute], gpu.HbmBytesPerSecond, gpu.Multiprocessors);
    }

    private static T Find<T>(GpuProfile gpu, IReadOnlyDictionary<NumberFormat, T> curves, NumberFormat weights) =>
        curves.TryGetValue(weights, out var own) ? own
        : curves.TryGetValue(gpu.ComputeFormat(weights), out var near) ? near
        : curves.TryGetValue(Sibling(gpu.ComputeFormat(weights)), out var wide) ? wide
        : curves[NumberFormat.Bf16];

    /// <summary>What is measured of a width: fp8 of 8 bits, nvfp4 of 4.</summary>
    private static NumberFormat Sibling(NumberFormat compute) => NumberFormats.Bits(compute) switch { 8 => NumberFormat.Fp8, 4 => NumberFormat.Nvfp4, _ => NumberFormat.Bf16 };
}
