using System.Text.Json.Nodes;
using Cluster.Grains.Messages;

namespace Cluster.Gateway.Live;

/// <summary>Records of runs as the admin API shows them, snake_case.</summary>
internal static class RunJson
{
    public static JsonNode Of(RunMessage[] runs) => new JsonObject { ["runs"] = new JsonArray([.. runs.Select(Of)]) };

    public static JsonNode Of(RunMessage run) => new JsonObject
    {
        ["name"] = run.Name,
        ["begun"] = run.BegunUtc.ToString("O"),
        ["ended"] = run.EndedUtc?.ToString("O"),
        ["emulated_seconds"] = (run.AtNs - run.BegunNs) / 1e9,
        ["completed"] = run.Tally.Completed,
        ["failed"] = run.Tally.Failed,
        ["aborted"] = run.Tally.Aborted,
        ["rejected"] = run.Tally.Rejected,
        ["met_slo"] = run.Tally.MetSlo,
        ["prompt_tokens"] = run.Tally.PromptTokens,
        ["cached_tokens"] = run.Tally.CachedTokens,
        ["output_tokens"] = run.Tally.OutputTokens,
        ["ttft_ms"] = Quantiles(run.Tally.Ttft),
        ["tpot_ms"] = Quantiles(run.Tally.Tpot),
        ["events"] = new JsonArray([.. run.Events.Select(e => new JsonObject { ["at_seconds"] = e.AtNs / 1e9, ["what"] = e.What, ["text"] = e.Text })]),
    };

    private static JsonObject Quantiles(DurationCounts? durations) => new()
    {
        ["p50"] = durations?.QuantileNs(0.5) / 1e6,
        ["p90"] = durations?.QuantileNs(0.9) / 1e6,
        ["p99"] = durations?.QuantileNs(0.99) / 1e6,
    };
}
