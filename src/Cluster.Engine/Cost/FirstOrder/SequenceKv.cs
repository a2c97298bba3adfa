using System.Collections.Immutable;

namespace Cluster.Engine.Cost.FirstOrder;

/// <summary>KV of one sequence: layers that keep every token, windows that stop growing, states that never grow.</summary>
public static class SequenceKv
{
    /// <summary>As it stands in formulas.</summary>
    public const string Formula = "kv·s + kv_w·min(s, w) + state";

    public static double Bytes(double kvBytesPerToken, double windowBytesPerToken, double window, double stateBytes, double tokens) =>
        (kvBytesPerToken * tokens) + (windowBytesPerToken * Math.Min(tokens, window)) + stateBytes;

    internal static ImmutableArray<LawInput> Inputs { get; } =
    [
        Terms.KvPerToken,
        new("window-kv", "kv_w", "B", "the same of layers that keep a window", 0),
        new("window", "w", "tokens", "tokens that those keep", 0),
        new("state", "state", "B", "state of a sequence, whatever its length (Mamba)", 0),
    ];

    internal static double Bytes(LawNumbers n, double tokens) => Bytes(n["kv-per-token"], n["window-kv"], n["window"], n["state"], tokens);

    internal static IEnumerable<string> Contradictions(LawNumbers n)
    {
        if (Bytes(n, 1) <= 0) yield return "kv-per-token, window-kv and state are all 0; a sequence holds something";
        if (n["window-kv"] > 0 != n["window"] > 0) yield return "window-kv and window go together: bytes of one token, and how many are kept";
    }
}
