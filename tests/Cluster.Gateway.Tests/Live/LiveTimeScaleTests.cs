using System.Diagnostics;
using System.Net.Http.Json;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Gateway.Live;
using Cluster.Testing;

namespace Cluster.Gateway.Tests.Live;

/// <summary>A live cluster at the two ends of <c>time.scale</c>: the emulated times are the same, the wall's are not.</summary>
public sealed class LiveTimeScaleTests
{
    private const int Tokens = 30;

    [Theory]
    [InlineData(0.01, 0.05)]
    [InlineData(100, 50)]
    public async Task A_request_takes_its_steps_in_emulated_time_at_either_end_of_the_scale(double scale, double stepMs)
    {
        var cost = new LinearCost(stepMs, prefillTokenMs: 0, contextTokenUs: 0);
        await using var cluster = await LiveCluster.StartAsync(
            Clusters.Aggregated(1, _ => Clusters.Instance(cost: cost)), new LiveOptions { Compute = ComputeMode.Paced, TimeScale = scale });
        using var http = new HttpClient { BaseAddress = cluster.Endpoint };

        var (fromNs, began) = (cluster.NowNs, Stopwatch.GetTimestamp());
        using var response = await http.PostAsJsonAsync("v1/completions", new { model = "tiny", prompt = "a b c", max_tokens = Tokens, ignore_eos = true });
        response.IsSuccessStatusCode.ShouldBeTrue();

        // As many steps as tokens, none shorter than its emulated length; how much longer is the host's affair.
        var leastNs = (long)(Tokens * stepMs * Time.Millisecond);
        (cluster.NowNs - fromNs).ShouldBeGreaterThanOrEqualTo(leastNs);
        Stopwatch.GetElapsedTime(began).TotalSeconds.ShouldBeGreaterThanOrEqualTo(leastNs / scale / Time.Second * 0.99);
        var snapshot = (await cluster.GetSnapshotAsync()).Instances.Single();
        snapshot.Steps.ShouldBe(Tokens);
        snapshot.BusySeconds.ShouldBe(Tokens * stepMs / 1e3, 1e-9);
        snapshot.MatmulRatio.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.009)]
    [InlineData(101)]
    public async Task A_scale_beyond_the_ends_is_refused_with_the_range(double scale)
    {
        var refusal = await Should.ThrowAsync<ArgumentException>(
            LiveCluster.StartAsync(Clusters.Aggregated(1), new LiveOptions { Compute = ComputeMode.Modeled, TimeScale = scale }));
        refusal.Message.ShouldContain("0.01");
    }
}
