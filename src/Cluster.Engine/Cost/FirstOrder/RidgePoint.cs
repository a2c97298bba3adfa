namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>Where the roofline bends: below it bandwidth binds, above it arithmetic.</summary>
public static class RidgePoint
{
    public static double FlopsPerByte(double peakFlops, double bandwidthBytesPerSecond) => peakFlops / bandwidthBytesPerSecond;

    /// <summary>The batch at which 2·N·B ÷ P equals N·b_w ÷ BW.</summary>
    public static double Batch(double peakFlops, double bandwidthBytesPerSecond, double bytesPerWeight) =>
        peakFlops * bytesPerWeight / (2 * bandwidthBytesPerSecond);

    public static Law Law { get; } = new(
        "ridge", "Batch at which decode turns from bandwidth- to compute-bound.", "2·N·B ÷ P = N·b_w ÷ BW, so B = P · b_w ÷ (2 · BW)",
        "Williams, Waterman, Patterson 2009, Roofline",
        [Terms.PeakFlops, Terms.Bandwidth, Terms.BytesPerWeight],
        n =>
        [
            new("batch", "tokens", Batch(n["peak-flops"], n["bandwidth"], n["bytes-per-weight"]), "tokens per step at the ridge"),
            new("flops_per_byte", "FLOP/B", FlopsPerByte(n["peak-flops"], n["bandwidth"]), "the GPU's own ratio"),
        ]);
}
