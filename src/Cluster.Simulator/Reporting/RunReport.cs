using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cluster.Simulator.Reporting;

/// <summary>The report of <c>run</c> and <c>simulate</c>: what <c>--json</c> prints.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Mode"><c>virtual</c> or <c>live</c>: where the figures of <paramref name="Variants"/> come from.</param>
/// <param name="Verdict">Which variant won, by how much, in a sentence.</param>
/// <param name="Virtual">In a live report: the same variants in virtual time.</param>
public sealed record RunReport(
    string Scenario, string Mode, IReadOnlyList<VariantReport> Variants, string Verdict, IReadOnlyList<VariantReport>? Virtual = null)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>Why that variant won, a sentence each; empty without two to compare.</summary>
    public IReadOnlyList<string> Why { get; init; } = Reasons.Of(Variants);

    /// <summary>A live run beside its virtual twin. A host that did not keep up judges itself, not the variants: then virtual time does.</summary>
    public static RunReport Live(string scenario, IReadOnlyList<VariantReport> live, RunReport simulated, bool hostKeptUp)
    {
        ArgumentNullException.ThrowIfNull(simulated);
        return hostKeptUp || live.Count < 2
            ? new RunReport(scenario, "live", live, Reporting.Verdict.Of(live), simulated.Variants)
            : new RunReport(scenario, "live", live, $"No verdict on the live figures, since the host did not keep up. In virtual time: {simulated.Verdict}", simulated.Variants) { Why = simulated.Why };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
