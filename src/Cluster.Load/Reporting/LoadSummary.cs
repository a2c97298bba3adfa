using System.Text.Json;
using Cluster.Engine.Topology;

namespace Cluster.Load.Reporting;

/// <summary>
/// A run in figures. TTFT, TPOT, ITL and E2E are vLLM's: from the (intended) send to the first token; (E2E − TTFT) ÷
/// (output tokens − 1) per request, requests of one token left out; gaps between stream events over all requests;
/// from the send to the last token. What AIPerf calls inter-token latency is the TPOT here.
/// </summary>
/// <param name="GoodputRps">Completed requests per second that met every objective; all completed ones without objectives.</param>
/// <param name="PrefixHitRate">Cached ÷ prompt tokens of completed requests.</param>
/// <param name="SendLagMs">From the intended to the actual send: the generator's own lateness, counted in every latency.</param>
public sealed record LoadSummary(
    int Requests, int Completed, int Failed, int Rejected, int TimedOut, double DurationS, double RequestsPerS, double InputTokensPerS,
    double OutputTokensPerS, double GoodputRps, double PrefixHitRate,
    LatencyStats TtftMs, LatencyStats TpotMs, LatencyStats ItlMs, LatencyStats E2eMs, LatencyStats SendLagMs)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Errors and how often each came, most frequent first.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Errors { get; init; } = [];

    public static LoadSummary Of(LoadResult result, SloSpec? slo = null)
    {
        ArgumentNullException.ThrowIfNull(result);
        var completed = result.Records.Where(r => r.Outcome == LoadOutcome.Completed).ToArray();
        var seconds = Math.Max(result.DurationNs / 1e9, 1e-9);
        var good = completed.Count(r => slo is null || slo.IsMetBy(r.TtftNs, r.TpotNs, r.E2eNs));
        var prompt = completed.Sum(r => (long)r.InputTokens);
        return new LoadSummary(
            result.Records.Count, completed.Length, Count(LoadOutcome.Failed), Count(LoadOutcome.Rejected), Count(LoadOutcome.TimedOut),
            result.DurationNs / 1e9, completed.Length / seconds, prompt / seconds, completed.Sum(r => (long)r.OutputTokens) / seconds,
            good / seconds, prompt == 0 ? 0 : completed.Sum(r => (long)r.CachedTokens) / (double)prompt,
            LatencyStats.OfNs(completed.Where(r => r.TtftNs >= 0).Select(r => (double)r.TtftNs)),
            LatencyStats.OfNs(completed.Where(r => r.OutputTokens > 1 && r.FirstTokenNs >= 0).Select(r => r.TpotNs)),
            LatencyStats.Of(result.Gaps),
            LatencyStats.OfNs(completed.Select(r => (double)r.E2eNs)),
            LatencyStats.OfNs(completed.Select(r => (double)(r.SentNs - r.IntendedNs))))
        {
            Errors = [.. result.Records.Where(r => r.Error is not null).GroupBy(r => r.Error!)
                .Select(g => KeyValuePair.Create(g.Key, g.Count())).OrderByDescending(e => e.Value).ThenBy(e => e.Key, StringComparer.Ordinal)],
        };

        int Count(LoadOutcome outcome) => result.Records.Count(r => r.Outcome == outcome);
    }

    /// <summary>snake_case, indented.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}
