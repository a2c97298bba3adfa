using System.Globalization;

namespace Cluster.Simulator.Reporting;

/// <summary>Says why the best variant is better than the next: who met the objectives, what tokens and first tokens wait for, what binds.</summary>
public static class Reasons
{
    /// <summary>Ratios below this are called even.</summary>
    private const double Even = 1.05;

    private const double Smallest = 0.05;

    internal const string NoObjectives = "no objectives are set ('slo'), so each counts as goodput";

    /// <summary>What it means that a hop is the longer one, and what shortens it.</summary>
    private static readonly Dictionary<string, string> s_meaning = new()
    {
        ["tokenize"] = "the gateway itself takes its time",
        ["route"] = "the router takes its time",
        ["prefill_queue"] = "prompts wait for an instance to compute them; more instances that do so shorten it",
        ["prefill"] = "prompts take longer to compute; more GPUs per instance, or prompts found in cache, shorten it",
        ["kv_alloc"] = "decode instances have no KV blocks free",
        ["kv_transfer"] = "KV has to be handed over first; layer-wise overlap hides that, a faster link shortens the crossing alone",
        ["decode_queue"] = "computed prompts wait for the step in progress, or for a slot in the decode batch",
        ["http"] = "the host's own HTTP, which no GPU cluster has",
    };

    /// <summary>One sentence each, the most telling first; none without two variants that completed requests.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<VariantReport> variants)
    {
        ArgumentNullException.ThrowIfNull(variants);
        var ranked = variants.Where(v => v.Completed > 0).OrderByDescending(v => v.GoodputRps).ToList();
        return ranked.Count < 2 ? [] : [Objectives(ranked[0], ranked[1]), Tokens(ranked[0], ranked[1]), FirstTokens(ranked[0], ranked[1]), Walls(ranked[0], ranked[1])];
    }

    internal static bool AreTokensEven(VariantReport a, VariantReport b) => Math.Max(a.ItlMs.P99, b.ItlMs.P99) <= Even * Math.Min(a.ItlMs.P99, b.ItlMs.P99);

    private static string Objectives(VariantReport a, VariantReport b) => !a.HasObjectives && !b.HasObjectives
        ? Text($"{a.Name} completed {a.Completed} of {a.Requests} requests, {b.Name} {b.Completed} of {b.Requests}; {NoObjectives}.")
        : Text($"{a.Name} met the SLO for {Share(a)} of its requests, {b.Name} for {Share(b)}.");

    private static string Tokens(VariantReport a, VariantReport b)
    {
        var (steady, other) = a.ItlMs.P99 <= b.ItlMs.P99 ? (a, b) : (b, a);
        if (AreTokensEven(a, b)) return Text($"Tokens come as evenly from both: ITL p99 {steady.ItlMs.P99:F1} and {other.ItlMs.P99:F1} ms.");
        var cause = IsDisaggregated(steady) && !IsDisaggregated(other) ? $" {other.Name} computes prompts and tokens in the same steps, so tokens wait for prompts." : "";
        return Text($"Tokens come more evenly from {steady.Name}: ITL p99 {steady.ItlMs.P99:F1} against {other.ItlMs.P99:F1} ms.{cause}");
    }

    private static string FirstTokens(VariantReport a, VariantReport b)
    {
        var (quick, slow) = a.TtftMs.Mean <= b.TtftMs.Mean ? (a, b) : (b, a);
        if (slow.TtftMs.Mean <= Even * quick.TtftMs.Mean) return Text($"First tokens take as long from both: TTFT {quick.TtftMs.Mean:F0} and {slow.TtftMs.Mean:F0} ms on average.");
        var hop = slow.TtftHopsMs.MaxBy(h => h.Value - quick.TtftHopsMs.GetValueOrDefault(h.Key));
        var gap = hop.Value - quick.TtftHopsMs.GetValueOrDefault(hop.Key);
        var which = gap < Smallest ? "" : Text($" Most of the difference is {hop.Key.Replace('_', ' ')} ({quick.TtftHopsMs.GetValueOrDefault(hop.Key):F0} against {hop.Value:F0} ms): {s_meaning.GetValueOrDefault(hop.Key, "")}.");
        return Text($"First tokens come sooner from {quick.Name}: TTFT {quick.TtftMs.Mean:F0} against {slow.TtftMs.Mean:F0} ms on average.{which}");
    }

    private static string Walls(VariantReport a, VariantReport b) => Text($"What binds: {Walls(a)}; {Walls(b)}. Only what moves a role's wall helps that role.");

    private static string Walls(VariantReport v)
    {
        var (prefill, decode) = (v.Walls.GetValueOrDefault("prefill", "–"), v.Walls.GetValueOrDefault("decode", "–"));
        return prefill == decode ? $"{v.Name} {prefill}" : $"{v.Name} {prefill} in prefill, {decode} in decode";
    }

    /// <summary>KV went over a link.</summary>
    private static bool IsDisaggregated(VariantReport v) => v.TtftHopsMs.GetValueOrDefault("kv_transfer") > 0;

    private static string Share(VariantReport v) => v.RequestsPerS > 0 ? (v.GoodputRps / v.RequestsPerS).ToString("P0", CultureInfo.InvariantCulture) : "none";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
