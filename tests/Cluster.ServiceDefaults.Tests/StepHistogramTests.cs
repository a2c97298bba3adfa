using Cluster.Engine.Cost;
using Cluster.Engine.Topology;
using Cluster.ServiceDefaults.Recording;
using Cluster.Testing;

namespace Cluster.ServiceDefaults.Tests;

/// <summary>What every step adds to is counted outside of the SDK, the gaps of a whole batch in one call.</summary>
public sealed class StepHistogramTests
{
    private const string Name = "vllm:inter_token_latency_seconds";

    [Fact]
    public async Task A_batch_of_equal_gaps_counts_as_so_many_single_ones()
    {
        await using var host = await MetricsHost.StartAsync();
        using var whole = host.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "whole", "m"));
        using var single = host.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "single", "m"));
        foreach (var gapNs in new long[] { 0, 10_000_000, 10_000_001, 26_000_000, 90_000_000_000 })
        {
            whole.InterToken(gapNs, 3);
            for (var i = 0; i < 3; i++) single.InterToken(gapNs);
        }

        var samples = Samples.Parse(await host.ScrapeAsync()).Where(s => s.Name.StartsWith(Name, StringComparison.Ordinal)).ToList();
        var (of, beside) = (Of("whole"), Of("single"));
        of.ShouldBe(beside);
        of.Single(s => s.Key == Name + "_count" + Labels()).Value.ShouldBe(15);
        of.Single(s => s.Key == Name + "_sum" + Labels()).Value.ShouldBe(3 * (0 + 0.01 + 0.010000001 + 0.026 + 90), 1e-6);
        of.Single(s => s.Key == Name + "_bucket" + Labels("0.01")).Value.ShouldBe(6, "a bucket's bound belongs to it");
        of.Single(s => s.Key == Name + "_bucket" + Labels("80.0")).Value.ShouldBe(12);
        of.Single(s => s.Key == Name + "_bucket" + Labels("+Inf")).Value.ShouldBe(15);

        Dictionary<string, double> Of(string engine) => samples
            .Where(s => s.Labels.Contains($"engine=\"{engine}\"", StringComparison.Ordinal))
            .ToDictionary(s => s.Name + s.Labels.Replace(engine, "", StringComparison.Ordinal), s => s.Value);
    }

    private static string Labels(string? bound = null) => "{model_name=\"m\",engine=\"\"" + (bound is null ? "}" : $",le=\"{bound}\"}}");

    [Fact]
    public async Task The_gaps_of_an_instance_that_left_are_told_no_more()
    {
        await using var host = await MetricsHost.StartAsync();
        var gone = host.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "gone", "m"));
        gone.InterToken(1_000_000, 5);
        (await host.ScrapeAsync()).ShouldContain(Name);
        gone.Dispose();
        (await host.ScrapeAsync()).ShouldNotContain(Name);
    }

    [Fact]
    public async Task Steps_count_for_their_engine_and_for_their_role()
    {
        await using var host = await MetricsHost.StartAsync();
        using var first = host.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "first", "m"));
        using var second = host.Metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "second", "m"));
        first.StepEnded(Step(tokens: 100, seconds: 0.1, latenessNs: -5));
        first.StepEnded(Step(tokens: 28, seconds: 0.3, latenessNs: 2_000_000));
        second.StepEnded(Step(tokens: 1, seconds: 0.2, latenessNs: 0));
        var samples = Samples.Parse(await host.ScrapeAsync());
        Of("vllm:iteration_tokens_total_sum", "engine=\"first\"").ShouldBe(128);
        Of("vllm:iteration_tokens_total_count", "engine=\"second\"").ShouldBe(1);
        Of("xpyd_step_duration_seconds_sum", "role=\"decode\"").ShouldBe(0.6, 1e-9);
        Of("xpyd_step_duration_seconds_count", "role=\"decode\"").ShouldBe(3);
        Of("xpyd_step_lateness_seconds_sum", "role=\"decode\"").ShouldBe(0.002, 1e-9, "a step that ended early is not late");

        double Of(string name, string label) => samples.Single(s => s.Name == name && s.Labels.Contains(label, StringComparison.Ordinal)).Value;
        static StepObservation Step(int tokens, double seconds, long latenessNs) => new(tokens, new StepCost(seconds, seconds, 0, 0, 0, 1, 1, 0, false), latenessNs, 100_000_000);
    }

    [Fact]
    public void Recording_a_batch_allocates_nothing()
    {
        using var metrics = new ClusterMetrics(MeterNames.Take());
        using var instance = metrics.AddInstance(new InstanceIdentity("c", InstanceRole.Decode, "one", "m"));
        instance.InterToken(1, 1);
        Allocations.Of(() =>
        {
            for (var i = 0; i < 1000; i++) instance.InterToken(i, 128);
        }).ShouldBe(0);
    }
}
