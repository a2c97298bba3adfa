namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>KV cache that one token adds under multi-head, grouped-query or multi-query attention.</summary>
public static class KvPerToken
{
    public static double Bytes(double layers, double kvHeads, double headSize, double bytesPerElement) =>
        2 * layers * kvHeads * headSize * bytesPerElement;

    public static Law Law { get; } = new(
        "kv-per-token", "KV bytes that one token adds (MHA, GQA, MQA).", "kv = 2 · L · H_kv · d_h · b_kv",
        "Ainslie et al. 2023, GQA, arXiv:2305.13245",
        [Terms.AttentionLayers, new("kv-heads", "H_kv", "", "KV heads", Min: 1) { Whole = true }, Terms.HeadSize, Terms.BytesPerKv, Terms.QueryHeads with { Default = 0, Min = 0 }],
        n =>
        {
            var bytes = Bytes(n["layers"], n["kv-heads"], n["head-size"], n["bytes-per-kv"]);
            LawOutput one = new("bytes_per_token", "B", bytes, "one token, all layers");
            return n["query-heads"] == 0 ? [one] : [one, new("times_smaller_than_mha", "×", n["query-heads"] / n["kv-heads"], "saved against one KV head per query head")];
        })
    {
        Contradictions = n => n["query-heads"] % n["kv-heads"] == 0 ? [] : [FormattableString.Invariant($"{n["query-heads"]} query heads cannot share {n["kv-heads"]} KV heads evenly; the first is a multiple of the second")],
    };
}

/// <summary>KV cache that one token adds under multi-head latent attention: one latent and one rope key for all heads.</summary>
public static class LatentKvPerToken
{
    public static double Bytes(double layers, double latent, double rope, double bytesPerElement) => layers * (latent + rope) * bytesPerElement;

    public static Law Law { get; } = new(
        "latent-kv-per-token", "KV bytes that one token adds (MLA).", "kv = L · (latent + rope) · b_kv",
        "DeepSeek-V2, arXiv:2405.04434 §2.1",
        [Terms.AttentionLayers, new("latent", "latent", "", "width of the KV latent", Min: 1), new("rope", "rope", "", "width of the rope key", 0), Terms.BytesPerKv],
        n => [new("bytes_per_token", "B", Bytes(n["layers"], n["latent"], n["rope"], n["bytes-per-kv"]), "one token, all layers")]);
}
