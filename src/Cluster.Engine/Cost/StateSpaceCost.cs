using Cluster.Engine.Models;

namespace Cluster.Engine.Cost;

/// <summary>The recurrent part of state-space and linear-attention layers: state read and written per sequence, work linear in tokens.</summary>
internal sealed class StateSpaceCost
{
    private readonly double _count;
    private readonly double _stateBytes;
    private readonly double _tokenBytes;
    private readonly double _flopsPerToken;
    private readonly double _secondsPerByte;
    private readonly double _secondsPerFlop;
    private readonly double _floorSeconds;

    public StateSpaceCost(Deployment deployment, LayerGroup layer)
    {
        var s = layer.StateSpace!;
        var (gpu, tp) = (deployment.Gpu, deployment.Parallelism.Tp);
        _count = layer.Count;
        _stateBytes = deployment.StateBytes(s) / tp;
        _tokenBytes = 2.0 * (s.InputProjectionSize + s.InnerSize) / tp;
        // Update and read-out: two multiply-adds per state element and token; and the convolution's taps.
        _flopsPerToken = ((6.0 * s.StateElements) + (2.0 * s.ConvolutionChannels * s.ConvolutionSize)) / tp;
        var curve = gpu.Kernels.Elementwise;
        _secondsPerByte = 1 / (gpu.HbmBytesPerSecond * curve.MemoryEfficiency);
        _secondsPerFlop = 1 / (gpu.PeakFlops[NumberFormat.Bf16] * curve.ComputeEfficiency);
        _floorSeconds = 2 * curve.FloorSeconds;
    }

    public void Add(ref CostSum sum, in StepShape shape)
    {
        double sequences = shape.PrefillSequences + shape.DecodeSequences;
        double tokens = shape.TotalTokens;
        var bytes = (2 * sequences * _stateBytes) + (tokens * _tokenBytes);
        var flops = tokens * _flopsPerToken;
        sum.AddRoofline(flops * _secondsPerFlop, bytes * _secondsPerByte, _floorSeconds, flops, bytes, _count);
    }
}
