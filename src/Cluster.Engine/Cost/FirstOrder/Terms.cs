namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>Numbers that several laws share: one name, one symbol, one unit.</summary>
public static class Terms
{
    public static LawInput Parameters { get; } = new("params", "N", "", "all parameters", Min: 1);

    public static LawInput ActiveParameters { get; } = new("active-params", "N_active", "", "parameters that one token multiplies", Min: 1);

    public static LawInput BytesPerWeight { get; } = new("bytes-per-weight", "b_w", "B", "bytes per stored weight", 2, 0.1, 8);

    public static LawInput Bandwidth { get; } = new("bandwidth", "BW", "B/s", "HBM bandwidth of one GPU", Min: 1e9);

    public static LawInput PeakFlops { get; } = new("peak-flops", "P", "FLOP/s", "peak of the format that computes", Min: 1e9);

    public static LawInput Gpus { get; } = new("tp", "TP", "", "GPUs that share the weights", 1, 1, 4096) { Whole = true };

    public static LawInput KvPerToken { get; } = new("kv-per-token", "kv", "B", "KV bytes of one token, layers that keep every token", Min: 0);

    public static LawInput Context { get; } = new("context", "s", "tokens", "tokens per sequence", 4096, 1);

    public static LawInput Layers { get; } = new("layers", "L", "", "decoder layers", Min: 1) { Whole = true };

    /// <summary>Of a hybrid those with attention: its state-space layers keep no KV and compare no pairs.</summary>
    public static LawInput AttentionLayers { get; } = Layers with { Meaning = "layers with attention", Given = "attention-layers" };

    public static LawInput Hbm { get; } = new("hbm", "HBM", "B", "memory of one GPU", Min: 1e8);

    public static LawInput Utilization { get; } = new("utilization", "u", "", "share of it the engine claims", 0.9, 0.01, 1);

    public static LawInput QueryHeads { get; } = new("query-heads", "H", "", "query heads", Min: 1) { Whole = true };

    public static LawInput HeadSize { get; } = new("head-size", "d_h", "", "width of a head", Min: 1);

    public static LawInput BytesPerKv { get; } = new("bytes-per-kv", "b_kv", "B", "bytes per KV element", 2, 0.1, 8);

    public static LawInput Batch { get; } = new("batch", "B", "", "sequences decoding at once", 1, 1);
}
