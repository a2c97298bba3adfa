using System.Text.Json.Nodes;
using Cluster.Engine.Diagnosis;
using Cluster.Simulator.Diagnosing;

namespace Cluster.Simulator.Levers;

/// <summary>The published JSON of <c>levers</c>.</summary>
public static class LeverJson
{
    /// <param name="confirmations">Of live runs; null: none were made.</param>
    public static JsonObject Of(LeverTable table, IReadOnlyList<StackStep> stack, IReadOnlyList<LeverConfirmation>? confirmations = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(stack);
        return new JsonObject
        {
            ["variant"] = table.Variant.Variant.Name,
            ["wall"] = new JsonObject { ["prefill"] = Name(table.Diagnosis.Prefill.Wall), ["decode"] = Name(table.Diagnosis.Decode.Wall) },
            ["verdict"] = table.Diagnosis.Verdict,
            ["diagnosis"] = Diagnosis(table.Diagnosis),
            ["base"] = Measure(table.Base),
            ["levers"] = new JsonArray([.. table.Pulled.Select(Lever)]),
            ["not_applicable"] = new JsonArray([.. table.Idle.Select(i => new JsonObject { ["name"] = i.Lever.Name, ["because"] = i.Because })]),
            ["stack"] = new JsonArray([.. stack.Select(s => new JsonObject
            {
                ["lever"] = s.Lever.Lever.Name,
                ["effect"] = Effect(s.Lever),
                ["wall"] = new JsonObject { ["prefill"] = Name(s.After.Prefill.Wall), ["decode"] = Name(s.After.Decode.Wall) },
                ["verdict"] = s.After.Verdict,
            })]),
            ["live"] = confirmations is null ? null : new JsonArray([.. confirmations.Select(c => c.ToJson())]),
        };
    }

    private static JsonObject Lever(PulledLever pulled) => new()
    {
        ["name"] = pulled.Lever.Name,
        ["summary"] = pulled.Lever.Summary,
        ["wall"] = Name(pulled.Lever.Moves),
        ["pays"] = pulled.Lever.Pays,
        ["hurts"] = pulled.Lever.Trap,
        ["lossy"] = pulled.Lever.IsLossy,
        ["score"] = Rounded(pulled.Effect.Score),
        ["effect"] = Effect(pulled),
        ["new_wall"] = new JsonObject { ["prefill"] = pulled.Measure.Walls.Prefill, ["decode"] = pulled.Measure.Walls.Decode },
        ["trap"] = pulled.Trap,
    };

    /// <summary>Ratios, after ÷ before, and the figures after.</summary>
    private static JsonObject Effect(PulledLever pulled)
    {
        var e = pulled.Effect;
        return new JsonObject
        {
            ["goodput"] = Rounded(e.Goodput),
            ["max_goodput"] = Rounded(e.MaxGoodput),
            ["ttft_p50"] = Rounded(e.TtftP50),
            ["ttft_p99"] = Rounded(e.TtftP99),
            ["tpot_p50"] = Rounded(e.TpotP50),
            ["tpot_p99"] = Rounded(e.TpotP99),
            ["prefill"] = Rounded(e.Prefill),
            ["capacity"] = Rounded(e.Capacity),
            ["cost_per_token"] = e.CostPerToken is { } cost ? Rounded(cost) : null,
            ["after"] = Measure(pulled.Measure),
        };
    }

    private static JsonObject Measure(LeverMeasure m) => new()
    {
        ["goodput_rps"] = m.AtLoad.GoodputRps,
        ["max_goodput_rps"] = m.Peak is null ? null : m.MaxGoodputRps,
        ["ttft_ms"] = new JsonObject { ["p50"] = m.AtLoad.TtftMs.P50, ["p99"] = m.AtLoad.TtftMs.P99 },
        ["tpot_ms"] = new JsonObject { ["p50"] = m.AtLoad.TpotMs.P50, ["p99"] = m.AtLoad.TpotMs.P99 },
        ["capacity_sequences"] = m.CapacitySequences,
        ["cost_per_million_tokens"] = m.Cost,
    };

    private static JsonObject Diagnosis(ClusterDiagnosis d) => new()
    {
        ["roles"] = new JsonArray([.. d.Roles.Select(r => new JsonObject
        {
            ["role"] = r.Role,
            ["wall"] = Name(r.Wall),
            ["busy"] = Rounded(r.BusyShare),
            ["compute"] = Rounded(r.Compute),
            ["bandwidth"] = Rounded(r.Bandwidth),
            ["network"] = Rounded(r.Network),
            ["host"] = Rounded(r.Host),
            ["waiting_for_blocks"] = Rounded(r.WaitingForBlocks),
            ["waiting_for_slots"] = Rounded(r.WaitingForSlots),
            ["waiting_for_budget"] = Rounded(r.WaitingForBudget),
            ["imbalance"] = Rounded(r.Imbalance),
            ["mfu"] = Rounded(r.Mfu),
            ["mbu"] = Rounded(r.Mbu),
            ["preemptions"] = r.Preemptions,
            ["windows"] = new JsonArray([.. d.Windows[r.Role].Select(w => new JsonObject { ["from_s"] = Rounded(w.FromSeconds), ["wall"] = Name(w.Wall) })]),
        })]),
        ["questions"] = new JsonArray([.. d.Tree.Select(t => new JsonObject
        {
            ["question"] = t.Question,
            ["answer"] = t.Yes ? "yes" : "no",
            ["figures"] = t.Figures,
            ["reach_for"] = t.ReachFor,
        })]),
    };

    private static double Rounded(double value) => Math.Round(value, 4);

    private static string Name(Wall wall) => wall.ToString().ToLowerInvariant();
}
