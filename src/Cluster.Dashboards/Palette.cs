using System.Collections.Immutable;

namespace Cluster.Dashboards;

/// <summary>Colours of known vocabularies, in Grafana's names: the same hop looks the same in every panel.</summary>
internal static class Palette
{
    public static readonly ImmutableArray<(string Word, string Color)> Hops =
    [
        ("tokenize", "#8a8f98"), ("route", "yellow"), ("prefill_queue", "orange"), ("prefill", "blue"),
        ("kv_alloc", "red"), ("kv_transfer", "purple"), ("decode_queue", "green"),
    ];

    public static readonly ImmutableArray<(string Word, string Color)> Outcomes =
        [("completed", "green"), ("aborted", "#8a8f98"), ("failed", "red"), ("rejected", "orange")];

    public static readonly ImmutableArray<(string Word, string Color)> Blocks = [("active", "blue"), ("cached", "purple"), ("free", "#4a5058")];

    public static readonly ImmutableArray<(string Word, string Color)> Sources =
        [("local_compute", "orange"), ("local_cache_hit", "green"), ("external_kv_transfer", "purple")];
}
