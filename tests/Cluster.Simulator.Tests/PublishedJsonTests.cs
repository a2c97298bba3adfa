using System.Text.Json.Nodes;
using Cluster.Engine.Models;
using Cluster.Scenarios;
using Cluster.Simulator.Lessons;
using Cluster.Simulator.Levers;
using Cluster.Simulator.Planning;
using Cluster.Simulator.Reporting;
using Cluster.Simulator.Sweeping;
using NJsonSchema;

namespace Cluster.Simulator.Tests;

/// <summary>What <c>--json</c> prints is what <c>docs/schemas</c> says it is: no key missing, none unknown.</summary>
public sealed class PublishedJsonTests
{
    private static readonly ScenarioSource Small = SmallScenario.Source() with { Only = "" };

    [Fact]
    public Task A_report_of_aggregated_and_disaggregated_variants() => Validates("report", new RunReport(
        "small", "virtual", [Report(Small), Report(Small.With([Apart]))], "A verdict.", [Report(Small)]).ToJson());

    [Fact]
    public Task A_report_in_which_nothing_was_served() =>
        Validates("report", new RunReport("small", "virtual", [Report(Small.With([new("model", "llama-3.1-70b"), new("topology.aggregated.tp", "2"), new("workload.synthetic.input", "30000"), new("workload.requests", "2")]))], "").ToJson());

    [Fact]
    public Task A_sweep()
    {
        var plan = SweepPlan.Of(Small, SmallScenario.Catalog, [SweepAxis.Parse("workload.rate=4/s,8/s")]);
        var rows = SweepRunner.Run(plan, null, 1, null, TestContext.Current.CancellationToken);
        return Validates("sweep", $$"""{"rows": [{{string.Join(",", rows.Select(r => SweepFile.ToJson(plan, r).ToJsonString()))}}]}""");
    }

    [Fact]
    public async Task Levers_with_a_stack_and_with_a_live_trial()
    {
        var runner = new LeverRunner(SmallScenario.Catalog);
        var table = runner.Run(Small, [.. LeverRegistry.All.Take(6)], null, TestContext.Current.CancellationToken);
        var stack = table.Pulled.Take(1).Select(p => new StackStep(p, table.Diagnosis)).ToList();
        await Validates("levers", LeverJson.Of(table, stack).ToJsonString());
        var trial = LeverConfirmation.Of(table.Pulled[0], table.Base.AtLoad, table.Pulled[0].Measure.AtLoad);
        trial.IsConfirmed.ShouldBeTrue();
        await Validates("levers", LeverJson.Of(table, stack, [trial]).ToJsonString());
    }

    [Theory]
    [InlineData("300ms", true)]
    [InlineData("1ms", false)]
    public async Task A_plan_with_and_without_a_winner(string ttft, bool found)
    {
        var source = Small.With([new ScenarioOverride("slo.ttft", ttft)]);
        var report = new Planner(SmallScenario.Catalog, new ModelError(0.1, "a test's"))
            .Run(source, new PlanSpace(2) { Formats = [(NumberFormat.Fp8, NumberFormat.Fp8)] }, null, TestContext.Current.CancellationToken);
        (report.Best is not null).ShouldBe(found);
        await Validates("plan", PlanJson.Of(report).ToJsonString());
        var trials = PlanTrial.Of(report, source, SmallScenario.Catalog, TestContext.Current.CancellationToken);
        trials.Count.ShouldBe(found ? 2 : 0);
        await Validates("plan", PlanJson.Of(report, [.. trials.Select(t => new PlanConfirmation(t, t.Predicted))]).ToJsonString());
    }

    [Fact]
    public Task Lessons() => Validates("lessons", LessonJson.Of(LessonRegistry.Try(
        [.. LessonRegistry.All.Where(l => l.Topic == "memory")], new LessonBench(SmallScenario.Catalog))).ToJsonString());

    public static TheoryData<string> Schemas => ["report", "sweep", "levers", "plan", "lessons"];

    /// <summary>Keys that only some outputs have: of a candidate one of two, and what a run has no reason to say.</summary>
    private static readonly string[] Optional =
        ["aggregated", "cost_per_million_tokens", "decode", "http", "mean", "p50", "p90", "p99", "regret_ms", "tokens_per_pass", "virtual"];

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Schemas_name_every_key_and_require_all_but_a_few(string schema)
    {
        var root = JsonNode.Parse(File.ReadAllText(Path.Combine(SmallScenario.RepositoryRoot, "docs", "schemas", $"{schema}.schema.json")))!;
        foreach (var described in Objects(root).Where(o => o["properties"] is JsonObject))
        {
            (described["additionalProperties"] is JsonValue open && !open.GetValue<bool>()).ShouldBeTrue($"{described.GetPath()} is open");
            var required = (described["required"] as JsonArray ?? []).Select(r => r!.GetValue<string>()).ToHashSet();
            var optional = described["properties"]!.AsObject().Select(p => p.Key).Where(key => !required.Contains(key));
            optional.ShouldAllBe(key => Optional.Contains(key), described.GetPath());
        }
    }

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Schemas_say_what_every_key_means(string schema)
    {
        var root = JsonNode.Parse(File.ReadAllText(Path.Combine(SmallScenario.RepositoryRoot, "docs", "schemas", $"{schema}.schema.json")))!;
        foreach (var key in Objects(root).SelectMany(o => o["properties"] as JsonObject ?? []).Select(p => p.Value!.AsObject()).Where(k => !k.ContainsKey("$ref")))
            ((string?)key["description"]).ShouldNotBeNullOrWhiteSpace($"{key.GetPath()} is not explained");
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject found => found.SelectMany(p => Objects(p.Value)).Prepend(found),
        JsonArray found => found.SelectMany(Objects),
        _ => [],
    };

    private static ScenarioOverride Apart => new("topology", "{ prefill: { instances: 1, gpu: h100-sxm }, decode: { instances: 1, gpu: h100-sxm }, link: ib-ndr-400x4 }");

    private static VariantReport Report(ScenarioSource source)
    {
        var variant = source.Read(SmallScenario.Catalog).OrThrow().Variants[0];
        return VariantReport.Of(ClusterSimulation.Run(variant.Cluster, variant.Workload));
    }

    private static async Task Validates(string schema, string json)
    {
        var file = Path.Combine(SmallScenario.RepositoryRoot, "docs", "schemas", $"{schema}.schema.json");
        var errors = (await JsonSchema.FromFileAsync(file, TestContext.Current.CancellationToken)).Validate(json);
        errors.Select(e => e.ToString()).ShouldBeEmpty(json.Length > 3000 ? json[..3000] : json);
    }
}
