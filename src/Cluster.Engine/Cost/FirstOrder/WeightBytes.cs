namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>What weights take of memory.</summary>
public static class WeightBytes
{
    public static double Bytes(double parameters, double bytesPerWeight) => parameters * bytesPerWeight;

    public static Law Law { get; } = new(
        "weights", "Bytes of a model's weights.", "W = N · b_w", "Kipply 2022, Transformer inference arithmetic",
        [Terms.Parameters, Terms.BytesPerWeight],
        n => [new("bytes", "B", Bytes(n["params"], n["bytes-per-weight"]), "weights")]);
}
